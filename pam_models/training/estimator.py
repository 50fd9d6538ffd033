"""Training of the compact estimator on rendered crops alone: a judge of generated pictures must not learn from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.estimators.compact.crop import box_of_joints, virtual_camera, warp
from pam_models.estimators.compact.modeling import METRES_PER_UNIT, CompactNetwork
from pam_models.estimators.compact.pipeline import CompactEstimator, crops_to_tensor
from pam_models.metrics.mpjpe import error_2d_px, mpjpe_mm, pa_mpjpe_mm
from pam_models.training.augmentation import spoiled
from pam_models.training.frame_store import RGB, BlockCache, FrameBlock, block_names
from pam_models.training.layout import HELD_OUT, TRAIN, RunLayout
from pam_models.training.ordering import Turn
from pam_models.training.picture_pool import PicturePool
from pam_models.training.recipe import EstimatorRecipe
from pam_models.training.scenes import stable_seed
from pam_models.training.sheets import contact_sheet, spread_frames, with_joints, write_sheet

_SHOWN = 8
_CLIP_FRAMES = 5
_MAX_ROLL_RAD = 0.5


@dataclass(frozen=True)
class CropSample:
    """A crop (S, S, 3) u8 with joints in its pixels and wrist-relative in its axes; `inside` marks joints within the
    crop.
    """

    crop: np.ndarray
    joints_px: np.ndarray
    joints_m: np.ndarray
    inside: np.ndarray
    has_hand: bool


class EstimatorTask:
    """Joints in the picture and in space, and whether there is a hand at all."""

    name = "estimator"

    def __init__(self, recipe: EstimatorRecipe, layout: RunLayout, config: CompactConfig | None = None) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.config = config or CompactConfig()
        self.model = CompactNetwork(self.config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.modules: Mapping[str, nn.Module] = {"model": self.model}
        self._layout = layout
        self._pictures, self._clips = BlockCache(layout.pictures), BlockCache(layout.clips)
        folder = layout.model(self.name)
        self._picture_pool = PicturePool(folder / "picture_order.json")
        self._frame_pool = PicturePool(folder / "frame_order.json")
        self._has_clips = False

    def prepare(self, step: int) -> None:
        """Take in the pictures and the frames of clips that are ready at this start."""
        pictures, clips = (block_names(folder, TRAIN) for folder in (self._layout.pictures, self._layout.clips))
        self._picture_pool.extend(step, {name: range(len(self._pictures[name])) for name in pictures})
        self._frame_pool.extend(step, {name: range(len(self._clips[name])) for name in clips})
        self._has_clips = bool(clips)

    def batch(self, turn: Turn) -> dict[str, Any]:
        """crops (B, 3, S, S), joints_px (B, 21, 2), joints_m (B, 21, 3), inside (B, 21), has_hand (B,)."""
        recipe = self.recipe
        rng = np.random.default_rng(stable_seed("estimator", recipe.seed, turn.number))
        samples = []
        for block, place in self._shown(turn):
            negative = rng.random() < recipe.negative_fraction
            samples.append(crop_sample(block, place, self.config, rng, negative=negative))
        return {
            "crops": crops_to_tensor(np.stack([spoiled(sample.crop, rng) for sample in samples])),
            "joints_px": torch.from_numpy(np.stack([sample.joints_px for sample in samples])).float(),
            "joints_m": torch.from_numpy(np.stack([sample.joints_m for sample in samples])).float(),
            "inside": torch.from_numpy(np.stack([sample.inside for sample in samples])).float(),
            "has_hand": torch.tensor([sample.has_hand for sample in samples]).float(),
        }

    def _shown(self, turn: Turn) -> list[tuple[FrameBlock, int]]:
        """Block and place of every picture of a turn: half of them frames of clips, where there are clips."""
        batch, seed = self.recipe.batch, self.recipe.seed
        frames = self._frame_pool.batch(turn, batch // 2, seed) if self._has_clips else []
        pictures = self._picture_pool.batch(turn, batch - len(frames), seed)
        return [(self._pictures[name], place) for name, place in pictures] + [
            (self._clips[name], place) for name, place in frames
        ]

    def losses(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
        """L1 of joints in the crop (in tenths of its side) and in space (in decimetres), and cross entropy of
        presence.
        """
        del generator
        recipe = self.recipe
        output = self.model(batch["crops"])
        hand = batch["has_hand"][:, None]
        seen = batch["inside"] * hand
        flat = (output.joints_px - batch["joints_px"]).abs().sum(dim=-1) * (10 / self.config.input_size)
        space = (output.joints_m - batch["joints_m"]).abs().sum(dim=-1) / METRES_PER_UNIT
        loss_2d = (flat * seen).sum() / seen.sum().clamp_min(1.0)
        loss_3d = (space * hand).sum() / (hand.sum() * space.shape[1]).clamp_min(1.0)
        presence = nn.functional.binary_cross_entropy_with_logits(output.presence, batch["has_hand"])
        loss = recipe.joints_2d_weight * loss_2d + recipe.joints_3d_weight * loss_3d + recipe.presence_weight * presence
        return {"loss": loss, "joints_2d": loss_2d, "joints_3d": loss_3d, "presence": presence}

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        """Errors on held-out pictures, and a sheet of truth (green) and estimate (red)."""
        names = block_names(self._layout.pictures, HELD_OUT)
        if not names:
            return {}
        rows: list[dict[str, float]] = []
        for name in names:
            block = self._pictures[name]
            figures, estimate_px = held_out_errors(CompactEstimator(self.model), block)
            rows.append(figures)
            if name == names[0]:
                shown = np.flatnonzero(block.has_hand)[:_SHOWN]
                pictures = np.asarray(block.stream(RGB))[shown]
                sheet = {
                    "truth": with_joints(pictures, list(block.joints_px[shown]), (0, 220, 0)),
                    "estimate": with_joints(pictures, list(estimate_px[shown]), (240, 0, 0)),
                }
                write_sheet(folder / f"{step:06d}.png", contact_sheet(sheet, scale=1))
        figures = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        return figures | self._on_clips()

    def _on_clips(self) -> dict[str, float]:
        """The error on frames of held-out clips of simulated grasps."""
        errors = []
        for name in block_names(self._layout.clips, f"{HELD_OUT}-physics-"):
            block = self._clips[name]
            frames = block.subset(np.array(spread_frames(len(block), _CLIP_FRAMES)))
            figures, _ = held_out_errors(CompactEstimator(self.model), frames)
            errors.append(figures["mpjpe_mm"])
        return {"clips_mpjpe_mm": float(np.mean(errors))} if errors else {}


def crop_sample(
    block: FrameBlock, index: int, config: CompactConfig, rng: np.random.Generator, *, negative: bool
) -> CropSample:
    """A training crop of one picture: the box jittered and turned; a negative one looks where there is no hand."""
    picture = np.asarray(block.stream(RGB)[index])
    joints = np.asarray(block.joints_px[index], np.float64)
    box = box_of_joints(joints)
    has_hand = bool(block.has_hand[index])
    if negative and has_hand:
        elsewhere = _box_beside(box, picture.shape[1], picture.shape[0], rng)
        has_hand = elsewhere is None
        box = box if elsewhere is None else elsewhere
    side = max(box[2] - box[0], box[3] - box[1])
    centre = (box[:2] + box[2:]) / 2 + rng.normal(0.0, 0.07, 2) * side
    half = side / 2 * float(np.exp(rng.normal(0.0, 0.14)))
    jittered = np.concatenate([centre - half, centre + half])
    roll = float(np.clip(rng.normal(0.0, 0.25), -_MAX_ROLL_RAD, _MAX_ROLL_RAD)) if rng.random() < 0.6 else 0.0
    camera = virtual_camera(jittered, block.K[index], config.input_size, config.box_scale, roll_rad=roll)
    relative = block.joints_cam_m[index] - block.joints_cam_m[index, :1]
    crop_px = camera.to_crop(joints)
    inside = np.asarray(((crop_px > -0.5) & (crop_px < config.input_size - 0.5)).all(axis=1))
    return CropSample(
        warp(picture, camera, config.input_size), crop_px, camera.to_virtual_axes(relative), inside, has_hand
    )


def held_out_errors(estimator: CompactEstimator, block: FrameBlock) -> tuple[dict[str, float], np.ndarray]:
    """Errors over the pictures with a hand, how often a hand and no hand are told, and all estimated joints in
    pixels.
    """
    boxes = np.stack([box_of_joints(joints) for joints in block.joints_px])
    estimate = estimator.predict(np.asarray(block.stream(RGB)), boxes, ["right"] * len(block), block.K)
    hands = block.has_hand
    found = estimate.confidence >= estimator.detection_threshold
    figures = {
        "mpjpe_mm": float(mpjpe_mm(estimate.joints_m[hands], block.joints_cam_m[hands]).mean()),
        "pa_mpjpe_mm": float(pa_mpjpe_mm(estimate.joints_m[hands], block.joints_cam_m[hands]).mean()),
        "error_2d_px": float(error_2d_px(estimate.joints_px[hands], block.joints_px[hands]).mean()),
        "hands_found": float(found[hands].mean()),
    }
    if (~hands).any():
        figures["absences_told"] = float((~found[~hands]).mean())
    return figures, estimate.joints_px


def _box_beside(box: np.ndarray, width: int, height: int, rng: np.random.Generator) -> np.ndarray | None:
    """A box of about the hand's size in the picture that hardly touches the hand, or None where none was found."""
    for _ in range(12):
        side = float(max(box[2] - box[0], box[3] - box[1])) * rng.uniform(0.6, 1.1)
        x, y = rng.uniform(0, max(1.0, width - side)), rng.uniform(0, max(1.0, height - side))
        overlap_x = min(x + side, box[2]) - max(x, box[0])
        overlap_y = min(y + side, box[3]) - max(y, box[1])
        if overlap_x < 0.12 * side or overlap_y < 0.12 * side:
            return np.array([x, y, x + side, y + side])
    return None
