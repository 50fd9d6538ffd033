"""What every hand estimator answers, whatever is inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float32, UInt8


@dataclass(frozen=True)
class HandEstimate:
    """One estimated hand per picture, OP21 joints.

    joints_m: wrist-relative, in the axes of the picture's camera (x right, y down, z forward), metres.
    joints_px: in the whole picture, in the pixel convention of the camera matrix given to `predict`.
    confidence: probability that there is a hand in the box.
    vertices_m: the hand's surface in the vertex order of the hand model, as `joints_m`; None where only joints are
    estimated.
    """

    joints_m: Float32[np.ndarray, "B 21 3"]
    joints_px: Float32[np.ndarray, "B 21 2"]
    confidence: Float32[np.ndarray, " B"]
    vertices_m: Float32[np.ndarray, "B V 3"] | None = None


class HandEstimator(Protocol):
    """A model that finds the joints of the hand in a given box."""

    @property
    def estimator_id(self) -> str:
        """Name and revision of the weights, for the tables."""
        ...

    @property
    def detection_threshold(self) -> float:
        """A confidence below this means that there is no hand."""
        ...

    def predict(
        self,
        images: UInt8[np.ndarray, "B H W 3"],
        boxes_xyxy: Float32[np.ndarray, "B 4"],
        sides: Sequence[str],
        K: Float32[np.ndarray, "B 3 3"],
    ) -> HandEstimate:
        """Estimate one hand per picture; `sides` are `right` or `left`. Raises ValueError for shapes that do not
        fit.
        """
        ...
