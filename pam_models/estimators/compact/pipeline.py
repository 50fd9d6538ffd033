"""Pictures and boxes in, joints out: crop, network, and the way back into the picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pam_models.estimators.base import HandEstimate
from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.estimators.compact.crop import VirtualCamera, mirrored_box, mirrored_intrinsics, virtual_camera, warp
from pam_models.estimators.compact.modeling import CompactNetwork
from pam_models.zoo import spec, weights_file

DEMO_ID = "demo-estimator"
SIDES = ("right", "left")
_BATCH = 64


class CompactEstimator:
    """One hand per picture in a given box. The network knows right hands only; left ones are mirrored there and
    back.
    """

    def __init__(self, network: CompactNetwork, revision: str = "unsaved") -> None:
        self.network = network.eval()
        self._revision = revision

    @classmethod
    def load(cls, source: str | Path = "demo") -> CompactEstimator:
        """Load `demo` (the weights that ship) or a saved folder or file. Raises WeightsError when it cannot."""
        config, tensors = weights_file.read_model(source, DEMO_ID, CompactConfig)
        network = CompactNetwork(config)
        weights_file.load_exactly(network, tensors, str(source))
        network.requires_grad_(False)
        revision = spec(DEMO_ID).revision if source == "demo" else Path(source).name
        return cls(network, revision)

    @property
    def estimator_id(self) -> str:
        """Name and revision of the weights."""
        return f"compact@{self._revision}"

    @property
    def detection_threshold(self) -> float:
        """A confidence below this means that there is no hand."""
        return self.network.config.detection_threshold

    def predict(
        self,
        images: UInt8[np.ndarray, "B H W 3"],
        boxes_xyxy: Float[np.ndarray, "B 4"],
        sides: Sequence[str],
        K: Float[np.ndarray, "B 3 3"],
    ) -> HandEstimate:
        """Estimate the hand in each box; `K` belongs to the pictures as they are.

        Each picture's answer depends on that picture alone. Raises ValueError for shapes or sides that do not fit.
        """
        count = len(images)
        _check(images, boxes_xyxy, sides, K)
        config = self.network.config
        width = images.shape[2]
        crops = np.empty((count, config.input_size, config.input_size, 3), np.uint8)
        cameras: list[VirtualCamera] = []
        for index, side in enumerate(sides):
            image, box, matrix = images[index], boxes_xyxy[index], K[index]
            if side == "left":
                image = np.ascontiguousarray(image[:, ::-1])
                box, matrix = mirrored_box(box, width), mirrored_intrinsics(matrix, width)
            camera = virtual_camera(box, matrix, config.input_size, config.box_scale)
            crops[index] = warp(image, camera, config.input_size)
            cameras.append(camera)
        crop_px, virtual_m, confidence = self._run(crops)
        joints_px = np.empty((count, 21, 2), np.float32)
        joints_m = np.empty((count, 21, 3), np.float32)
        for index, camera in enumerate(cameras):
            picture_px = camera.to_picture(crop_px[index])
            axes_m = camera.to_real_axes(virtual_m[index])
            if sides[index] == "left":
                picture_px[:, 0] = width - 1 - picture_px[:, 0]
                axes_m[:, 0] = -axes_m[:, 0]
            joints_px[index], joints_m[index] = picture_px, axes_m
        return HandEstimate(joints_m, joints_px, confidence)

    @torch.inference_mode()
    def _run(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        pixels, metres, confidences = [], [], []
        for start in range(0, len(crops), _BATCH):
            output = self.network(crops_to_tensor(crops[start : start + _BATCH]))
            pixels.append(output.joints_px)
            metres.append(output.joints_m)
            confidences.append(output.presence.sigmoid())
        return torch.cat(pixels).numpy(), torch.cat(metres).numpy(), torch.cat(confidences).numpy()


def crops_to_tensor(crops: UInt8[np.ndarray, "B S S 3"]) -> Float[Tensor, "B 3 S S"]:
    """8-bit crops to what the network reads: [-1, 1], channels first."""
    tensor = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2)
    return tensor.float().div_(127.5).sub_(1.0).contiguous(memory_format=torch.channels_last)


def _check(images: np.ndarray, boxes: np.ndarray, sides: Sequence[str], K: np.ndarray) -> None:
    count = len(images)
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8:
        raise ValueError(f"the estimator takes uint8 pictures (B, H, W, 3); got {images.dtype} {images.shape}")
    if boxes.shape != (count, 4) or K.shape != (count, 3, 3) or len(sides) != count:
        raise ValueError(
            f"for {count} pictures the estimator needs boxes ({count}, 4), K ({count}, 3, 3) and {count} sides; "
            f"got {boxes.shape}, {K.shape} and {len(sides)}"
        )
    unknown = sorted(set(sides) - set(SIDES))
    if unknown:
        raise ValueError(f"a hand's side is right or left, not {unknown[0]!r}")
