"""The extractor that a file name means: TorchScript, I3D in safetensors, or a stand-in where there is no file."""

from __future__ import annotations

from pathlib import Path

from pam_models.metrics.extractors.base import FeatureExtractor
from pam_models.metrics.extractors.i3d import I3dFeatures
from pam_models.metrics.extractors.stand_in import RandomImageFeatures, RandomVideoFeatures
from pam_models.metrics.extractors.torchscript import TorchscriptFeatures


def video_extractor(weights: Path | None, device: str = "cpu") -> FeatureExtractor:
    """Features of clips, for FVD. Raises ValueError for a file that is none of these."""
    if weights is None:
        return RandomVideoFeatures()
    if weights.suffix == ".safetensors":
        return I3dFeatures(weights, device)
    return TorchscriptFeatures(weights, "video", device)


def image_extractor(weights: Path | None, device: str = "cpu") -> FeatureExtractor:
    """Features of frames, for FID and KID. Raises ValueError for a file that is no TorchScript."""
    return RandomImageFeatures() if weights is None else TorchscriptFeatures(weights, "image", device)
