import numpy as np
import pytest
import torch

from pam_models.motion import MultiConditionTransformer, TransformerConfig
from pam_models.motion.coordinates import CoordinateEncoder, coordinate_input
from pam_models.motion.positions import rotary_positions


def test_pixels_become_picture_coordinates_and_unseen_joints_zero_rows() -> None:
    """Catches nan in the network, and a joint outside the picture that is read as one at its border."""
    joints = np.array([[[[-0.5, -0.5], [71.5, 47.5], [np.nan, 3.0], [200.0, 3.0]]]])
    rows = coordinate_input(joints, 144, 96)[0, 0]
    torch.testing.assert_close(rows[:2], torch.tensor([[-1.0, -1.0, 1.0], [0.0, 0.0, 1.0]]))
    assert not rows[2:].any()


def test_each_latent_frame_reads_its_own_pixel_frames() -> None:
    """Catches frames shifted by the first one, which stands for itself alone."""
    torch.manual_seed(0)
    encoder = CoordinateEncoder(2, 4, 8)
    coordinates = torch.randn(1, 9, 2, 3)
    plain = encoder(coordinates)
    assert plain.shape == (1, 3, 8)
    for frame, latent in ((0, 0), (1, 1), (4, 1), (5, 2)):
        moved = coordinates.clone()
        moved[:, frame] += 1
        changed = (encoder(moved) - plain).abs().sum(-1)[0] > 0
        assert changed.nonzero().flatten().tolist() == [latent]
    with pytest.raises(ValueError, match=r"\(B, 4k\+1, 2, 3\)"):
        encoder(coordinates[:, :8])


def test_the_transformer_reads_coordinates_in_a_slots_place() -> None:
    """Catches a slot that ignores them, a fresh branch that is no null, and an absent one unlike unseen joints."""
    torch.manual_seed(0)
    settings = TransformerConfig(
        conditions=("depth", "keypoints"),
        coordinate_conditions=("keypoints",),
        num_control_blocks=1,
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=8,
        out_channels=4,
        num_layers=2,
        time_embed_dim=16,
        text_embed_dim=8,
        max_text_seq_length=3,
        sample_width=4,
        sample_height=2,
        sample_frames=9,
    )
    model = MultiConditionTransformer(settings).eval()
    latents, text, rotary = torch.randn(1, 3, 8, 2, 4), torch.randn(1, 3, 8), rotary_positions(settings, 3, 2, 4)
    joints = torch.randn(1, 9, 21, 3)

    def call(**conditions: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            output: torch.Tensor = model(latents, text, torch.tensor([5]), {"depth": latents, **conditions}, rotary)
        return output

    assert torch.equal(call(keypoints=joints), call())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    assert not torch.allclose(call(keypoints=joints), call(), atol=1e-3)
    torch.testing.assert_close(call(keypoints=torch.zeros_like(joints)), call(), rtol=1e-5, atol=1e-5)
    assert any(name.startswith("coordinate_encoders.keypoints") for name in model.control_parameters())
