"""Inputs of the real stages: one simulated trajectory in a store of its own, and items that refer to it."""

from pathlib import Path
from typing import Any

import numpy as np

from tasks.config import GenerateConfig, load_config
from tasks.media import encode_png, encode_video
from tasks.rendering import maps_of, shaded_frames
from tasks.scene import pack_maps
from tasks.stage import Item
from tasks.store import Store
from tests.tasks.trajectories import lifted_mug

LOOK_SEED = 5


def small_config(*assignments: str) -> GenerateConfig:
    """The demo with few steps."""
    return load_config("demo", assignments=("appearance.steps=2", "video.steps=2", *assignments))


def trajectory_row(store: Store) -> dict[str, Any]:
    """The row of a trajectory whose maps and mesh are in the store."""
    scene, row, mesh = lifted_mug()
    return {
        **row,
        "item_id": "mug",
        "seed": LOOK_SEED,
        "license_tags": ["motion:Apache-2.0"],
        **store.put_media(pack_maps(maps_of(scene)), "npz").columns("maps"),
        **store.put_media(mesh, "npz").columns("object_mesh"),
    }


def candidate_row(store: Store) -> dict[str, Any]:
    """A candidate: the renderer's own first frame."""
    scene, _, _ = lifted_mug()
    picture = encode_png(shaded_frames(scene, LOOK_SEED)[0])
    return {
        "item_id": "candidate",
        "parent_id": "mug",
        "prompt": "a tan hand grasps a red mug on a wooden table in soft light",
        "license_tags": ["motion:Apache-2.0"],
        **store.put_media(picture, "png").columns("image"),
    }


def clip_row(store: Store, frames: np.ndarray | None = None) -> dict[str, Any]:
    """A clip: the renderer's own frames unless others are given."""
    scene, row, _ = lifted_mug()
    shown = shaded_frames(scene, LOOK_SEED) if frames is None else frames
    return {
        "item_id": "clip",
        "parent_id": "candidate",
        "license_tags": ["motion:Apache-2.0"],
        **store.put_media(encode_video(shown, row["fps"]), "mp4").columns("video"),
    }


def item(seed: int = 1, fields: dict[str, Any] | None = None, **inputs: dict[str, Any]) -> Item:
    """An item with its rows; underscores in the steps' names stand for hyphens."""
    rows = {name.replace("_", "-"): row for name, row in inputs.items()}
    return Item(f"item-{seed}", "mug", "mug-0001", seed, {}, fields or {}, rows)


def store_in(folder: Path) -> Store:
    """A store in a folder."""
    return Store(str(folder))
