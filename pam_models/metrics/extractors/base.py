"""What every feature extractor answers, whatever is inside it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from jaxtyping import Float32, UInt8


class FeatureExtractor(Protocol):
    """Turns a clip into features: one row for the clip (video), or one row for each frame (pictures)."""

    @property
    def extractor_id(self) -> str:
        """Name and revision of the weights; it becomes part of the metric's name."""
        ...

    def features(self, frames: UInt8[np.ndarray, "T H W 3"]) -> Float32[np.ndarray, "M D"]:
        """Features of one clip. Raises ValueError for a clip that is too short or of the wrong shape."""
        ...
