import numpy as np
import pytest
import torch

from pam_models.autoencoder.frames import image_to_tensor, tensor_to_video, video_to_tensor


def test_all_bytes_survive_the_round_trip_at_their_place() -> None:
    """Catches an off-by-one in rounding and a swapped axis."""
    video = np.arange(2 * 2 * 8 * 8 * 3, dtype=np.uint32).astype(np.uint8).reshape(2, 2, 8, 8, 3)
    tensor = video_to_tensor(video)
    assert tensor.shape == (2, 3, 2, 8, 8)
    assert float(tensor[1, 2, 0, 3, 5]) == pytest.approx(float(video[1, 0, 3, 5, 2]) / 127.5 - 1, abs=1e-6)
    np.testing.assert_array_equal(tensor_to_video(tensor), video)


def test_values_beyond_the_range_are_clamped_and_do_not_wrap() -> None:
    video = tensor_to_video(torch.tensor([-3.0, 3.0]).view(1, 1, 2, 1, 1).expand(1, 3, 2, 1, 1))
    assert video[0, :, 0, 0, 0].tolist() == [0, 255]


def test_float_frames_are_refused() -> None:
    """Catches 0..1 floats that would be read as 0..255."""
    with pytest.raises(ValueError, match="float32"):
        video_to_tensor(np.zeros((1, 1, 8, 8, 3), np.float32))
    with pytest.raises(ValueError, match="uint8 of shape"):
        image_to_tensor(np.zeros((8, 8, 3), np.uint8))
