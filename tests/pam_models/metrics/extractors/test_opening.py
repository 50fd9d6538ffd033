"""Which extractor a file name means. Each test says which defect it would catch."""

from pathlib import Path

import pytest

from pam_models.metrics.extractors.opening import image_extractor, video_extractor


def test_without_a_file_the_stand_in_is_named() -> None:
    """Catches a random network that passes for I3D or Inception."""
    assert video_extractor(None).extractor_id == "random-r3d-seed0"
    assert image_extractor(None).extractor_id == "random-conv2d-seed0"


def test_a_file_is_read_by_its_kind(tmp_path: Path) -> None:
    """Catches safetensors taken for TorchScript."""
    (tmp_path / "a.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="no readable safetensors"):
        video_extractor(tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="no readable TorchScript"):
        image_extractor(tmp_path / "a.pt")
