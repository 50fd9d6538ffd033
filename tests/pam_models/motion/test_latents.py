import numpy as np
import torch

from pam_models.motion import MotionPipeline
from pam_models.motion.latents import clip_latents, condition_input, pad_first_frame


def test_a_conditions_own_first_frame_stands_beside_it_before_zeros(
    small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]
) -> None:
    """Catches the first latent frame of the clip (which is not the still's) or repeated frames instead of zeros."""
    autoencoder, clip = small_pipeline.autoencoder, clips["depth"]
    made = condition_input(autoencoder, clip)
    assert made.shape == (2, 3, 32, 2, 4)
    torch.testing.assert_close(made[:, :, :16], clip_latents(autoencoder, clip), rtol=0, atol=0)
    torch.testing.assert_close(made[:, :1, 16:], clip_latents(autoencoder, clip[:, :1]), rtol=0, atol=0)
    assert not made[:, 1:, 16:].any()


def test_padding_keeps_the_first_frame_first() -> None:
    padded = pad_first_frame(torch.ones(1, 1, 2, 1, 1), 3)
    assert padded[0, :, 0, 0, 0].tolist() == [1.0, 0.0, 0.0]
