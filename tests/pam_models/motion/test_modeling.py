from pathlib import Path

import torch

from pam_models.motion import MotionConfig, MotionModel
from pam_models.motion.denoiser import predict_velocity
from tests.pam_models.motion.test_transformer import conditions, inputs


def test_bfloat16_weights_take_float32_inputs(small_config: MotionConfig) -> None:
    model = MotionModel(small_config).eval()
    model.transformer.to(torch.bfloat16)
    with torch.inference_mode():
        output = predict_velocity(model.transformer, **inputs(model), conditions=conditions())
    assert output.dtype == torch.bfloat16


def test_saved_and_loaded_it_predicts_the_same(small_model: MotionModel, tmp_path: Path) -> None:
    small_model.save(tmp_path)
    loaded = MotionModel.load(tmp_path)
    expected = small_model(**inputs(small_model), conditions=conditions())
    torch.testing.assert_close(loaded(**inputs(loaded), conditions=conditions()), expected, rtol=0, atol=0)
