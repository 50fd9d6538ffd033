import numpy as np
import torch

from pam_models.motion import MotionPipeline
from pam_models.motion.absent import noise_null
from tests.pam_models.motion.test_pipeline import sample


def test_the_official_null_is_noise_at_the_scaling_factor_in_clip_and_first_frame() -> None:
    null = noise_null((13, 16, 12, 18), [3], 1)
    assert null.shape == (1, 13, 32, 12, 18)
    assert abs(float(null[:, :, :16].std()) - 0.7) < 0.01
    assert abs(float(null[:, :1, 16:].std()) - 0.7) < 0.03 and not null[:, 1:, 16:].any()


def test_it_depends_on_the_clips_seed_and_the_slot_alone() -> None:
    shape = (2, 4, 2, 2)
    assert torch.equal(noise_null(shape, [7, 8], 0)[1:], noise_null(shape, [8], 0))
    assert not torch.equal(noise_null(shape, [7], 0), noise_null(shape, [7], 1))


def test_the_pipeline_puts_it_where_a_condition_is_absent_or_of_strength_zero(
    small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]
) -> None:
    """Catches a choice that changes nothing, and strength 0 treated unlike absence."""
    alone = {"depth": clips["depth"]}
    noisy = sample(small_pipeline, clips, conditions=alone, absent="noise")
    assert (noisy != sample(small_pipeline, clips, conditions=alone)).any()
    np.testing.assert_array_equal(sample(small_pipeline, clips, strengths={"segmentation": 0.0}, absent="noise"), noisy)
    np.testing.assert_array_equal(sample(small_pipeline, clips, absent="noise"), sample(small_pipeline, clips))
