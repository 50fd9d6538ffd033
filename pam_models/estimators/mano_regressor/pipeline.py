"""Pictures and given boxes in, joints and MANO's surface out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8
from torch import nn

from pam_models.estimators.base import HandEstimate, HandEstimator
from pam_models.estimators.mano_regressor.crop import crop_place, normalised_crops

BOX_GROWTH = 2.0
"""Side of the crop over the box, as HaMeR's demo and WiLoR's have it."""
_TIPS_OP21 = (4, 8, 12, 16, 20)


class ManoRegressor:
    """HaMeR or WiLoR on given boxes.

    Such a network answers for any box, so the confidence comes from another model: the `detector`'s, on the same boxes.
    `tip_vertices` (thumb to pinky) are the labels' own fingertips; both networks use others, which would put
    millimetres on five of 21 joints (formats.md section 3.6). None keeps the network's.
    """

    def __init__(
        self,
        name: str,
        network: nn.Module,
        detector: HandEstimator,
        *,
        tip_vertices: Int[np.ndarray, " 5"] | None = None,
        batch_size: int = 49,
        revision: str = "user",
    ) -> None:
        self._name = name
        self._network = network
        self._detector = detector
        self._tips = tip_vertices
        self._batch_size = batch_size
        self._revision = revision
        self._device = next(network.parameters()).device

    @property
    def estimator_id(self) -> str:
        """Both networks: what estimates joints, and what says whether there is a hand."""
        return f"{self._name}@{self._revision}+{self._detector.estimator_id}"

    @property
    def detection_threshold(self) -> float:
        """The detector's."""
        return self._detector.detection_threshold

    def predict(
        self,
        images: UInt8[np.ndarray, "B H W 3"],
        boxes_xyxy: Float[np.ndarray, "B 4"],
        sides: Sequence[str],
        K: Float[np.ndarray, "B 3 3"],
    ) -> HandEstimate:
        """Estimate the hand in each box, in camera axes relative to the wrist; left hands are mirrored and back.

        Raises ValueError for shapes or boxes that do not fit.
        """
        confidence = self._detector.predict(images, boxes_xyxy, sides, K).confidence
        places = [crop_place(box, side, BOX_GROWTH) for box, side in zip(boxes_xyxy, sides, strict=True)]
        joints, vertices, flat = self._run(normalised_crops(images, places))
        if self._tips is not None:
            joints[:, _TIPS_OP21] = vertices[:, self._tips]
        mirror = np.array([[-1.0 if place.mirrored else 1.0, 1.0, 1.0] for place in places], np.float32)[:, None]
        wrists = joints[:, :1]
        return HandEstimate(
            joints_m=(joints - wrists) * mirror,
            joints_px=np.stack([place.to_picture(points) for place, points in zip(places, flat, strict=True)]),
            confidence=confidence,
            vertices_m=(vertices - wrists) * mirror,
        )

    @torch.inference_mode()
    def _run(
        self, crops: Float32[np.ndarray, "B 3 256 256"]
    ) -> tuple[Float32[np.ndarray, "B 21 3"], Float32[np.ndarray, "B V 3"], Float32[np.ndarray, "B 21 2"]]:
        parts: list[tuple[np.ndarray, ...]] = []
        on_gpu = self._device.type == "cuda"
        for start in range(0, len(crops), self._batch_size):
            batch = {"img": torch.from_numpy(crops[start : start + self._batch_size]).to(self._device)}
            with torch.autocast(self._device.type, torch.bfloat16, enabled=on_gpu):
                output = self._network(batch)
            names = ("pred_keypoints_3d", "pred_vertices", "pred_keypoints_2d")
            parts.append(tuple(output[name].float().cpu().numpy() for name in names))
        joints, vertices, flat = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return joints, vertices, flat
