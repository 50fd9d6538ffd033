import numpy as np
import pytest
import torch

from pam_models.acceleration.options import CacheOptions, SpeedOptions
from pam_models.motion.svd import SvdModel
from tests.pam_models.motion.svd.test_modeling import CONFIG, conditions, inputs


def test_the_unconditional_half_lacks_the_first_frame() -> None:
    """Catches guidance towards nothing: both halves alike."""
    torch.manual_seed(0)
    model = SvdModel(CONFIG).eval().requires_grad_(False)
    given = inputs()
    contexts = model.contexts(["", ""], np.zeros((2, 48, 72, 3), np.uint8), "")
    halves = model.halves(given["first_frame"], contexts, conditions(), None, SpeedOptions())
    with_frame = halves.conditional(given["noisy"], given["timestep"])
    without = halves.unconditional(given["noisy"], given["timestep"])
    assert torch.equal(with_frame, model(**given, conditions=conditions()))
    assert not torch.allclose(with_frame, without, atol=1e-4)
    with pytest.raises(ValueError, match="SVD baselines have none"):
        model.halves(given["first_frame"], contexts, {}, None, SpeedOptions(cache=CacheOptions()))
