"""The user's TorchScript extractors. Each test says which defect it would catch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pam_models.metrics.extractors.torchscript import TorchscriptFeatures

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
CLIP = np.random.default_rng(0).integers(0, 255, (6, 8, 10, 3)).astype(np.uint8)


class Flagged(torch.nn.Module):
    """As the usual I3D and Inception exports are called."""

    def forward(
        self, x: torch.Tensor, rescale: bool = False, resize: bool = False, return_features: bool = False
    ) -> torch.Tensor:
        assert rescale and resize and return_features
        return x.float().flatten(2).mean(dim=2)


class Plain(torch.nn.Module):
    """One argument, pictures in -1..1; it answers with the mean and the size that it saw."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        size = torch.full((x.shape[0], 1), float(x.shape[-1]))
        return torch.cat([x.flatten(1).mean(dim=1, keepdim=True), size], dim=1)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.jit.script(Flagged()).save(str(tmp_path / "flagged.pt"))
    torch.jit.script(Plain()).save(str(tmp_path / "plain.pt"))
    return tmp_path


def test_flagged_files_get_levels_and_their_flags(saved: Path) -> None:
    """Catches pictures in another range or with channels last; equal to the means worked by hand."""
    video = TorchscriptFeatures(saved / "flagged.pt", "video").features(CLIP)
    assert video == pytest.approx(CLIP.reshape(-1, 3).mean(0)[None], rel=1e-5)
    image = TorchscriptFeatures(saved / "flagged.pt", "image").features(CLIP)
    assert image == pytest.approx(CLIP.reshape(6, -1, 3).mean(1), rel=1e-5)


def test_plain_files_get_pictures_around_zero_at_their_size(saved: Path) -> None:
    """Catches a forgotten resize."""
    video = TorchscriptFeatures(saved / "plain.pt", "video").features(CLIP)
    image = TorchscriptFeatures(saved / "plain.pt", "image").features(CLIP)
    assert video.shape == (1, 2) and video[0, 1] == 224 and abs(video[0, 0]) < 0.2
    assert image.shape == (6, 2) and image[0, 1] == 299


def test_the_files_hash_is_the_name(saved: Path) -> None:
    """Catches two networks under one name in a cache."""
    ids = {TorchscriptFeatures(saved / name, "video").extractor_id for name in ("plain.pt", "flagged.pt")}
    assert len(ids) == 2 and all(one.startswith("torchscript-") for one in ids)
