"""A published build of a few clips, written with pyarrow alone: what readers and exporters are tested on."""

import dataclasses
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pam_models.conditions.camera import Camera, intrinsics, look_at
from pam_models.hand.free_hand import free_hand
from pam_models.hand.mano_file import load_mano
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.media import encode_video

H, W = 96, 144
CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32) * 0.03
FACES = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6]], np.int32)


@dataclass(frozen=True)
class ClipPlan:
    """One clip: whose hands (`rl` is both), which split, how many frames; `away` frames at the end show no hand."""

    sides: str = "r"
    split: str = "train"
    frames: int = 13
    away: int = 0
    trajectory: str | None = None


@dataclass
class SmallBuild:
    """Where the build is, and the rows that were written, in order of part, clip, frame and hand."""

    address: str
    rows: list[dict[str, Any]]
    store: Path
    mano_dir: Path | None

    @property
    def folder(self) -> Path:
        return Path(self.address)

    def parts(self) -> list[Path]:
        return sorted(self.folder.glob("manifests/samples/*.parquet"))


def fake_mano(folder: Path) -> Path:
    """The free hand in MANO's files, left and right mirrored in x as MANO's are, with smplx's mistake in the left."""
    right = free_hand("right")
    flip = np.array([-1.0, 1.0, 1.0], np.float32)
    arrays = {
        "v_template": right.v_template,
        "shapedirs": right.shapedirs,
        "posedirs": right.posedirs,
        "J_regressor": right.joint_regressor,
        "weights": right.weights,
        "kintree_table": np.stack([right.parents, np.arange(16)]).astype(np.int64),
        "f": right.faces,
        "hands_mean": right.hands_mean,
        "hands_components": right.hands_components,
    }
    turned = np.tile(np.outer(flip, flip).ravel(), 15)
    mean = right.hands_mean.reshape(15, 3) * [1, -1, -1]
    left = {
        **arrays,
        "v_template": right.v_template * flip,
        "posedirs": right.posedirs * flip[:, None] * turned,
        "f": right.faces[:, [0, 2, 1]],
        "hands_mean": mean.reshape(-1),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("MANO_RIGHT", arrays), ("MANO_LEFT", left)):
        np.savez(folder / f"{name}.npz", **data)
    return folder


def camera_over() -> Camera:
    view = look_at(np.array([0.05, -0.4, 0.3]), np.array([0.03, 0, 0.06]), np.array([0, 0, 1.0]))
    return Camera(intrinsics(45.0, W, H), view, W, H)


def pixels(number: int, frames: int) -> np.ndarray:
    """Frame t of clip n: red 30 + 6 t, green 20 + 30 n, blue 40 in the left half and 200 in the right."""
    found = np.empty((frames, H, W, 3), np.uint8)
    found[..., 0] = (30 + 6 * np.arange(frames))[:, None, None]
    found[..., 1] = 20 + 30 * number
    found[..., 2] = np.where(np.arange(W) < W // 2, 40, 200)
    return found


def hand_of(name: str, side: str, mano_dir: Path | None) -> HandModel:
    if name == "free":
        return free_hand(side)
    assert mano_dir is not None
    return load_mano(mano_dir, side)


def _hand_rows(plan: ClipPlan, number: int, side: str, hand: HandModel, camera: Camera) -> list[dict[str, Any]]:
    rng = np.random.default_rng([number, side == "right"])
    count = plan.frames
    pose = (0.1 * rng.normal(size=48) + 0.02 * np.arange(count)[:, None]).astype(np.float32)
    betas = rng.normal(0, 0.5, 10).astype(np.float32)
    centre = skin(hand, pose[:1], betas, np.zeros((1, 3), np.float32)).joints[0].mean(0)
    transl = (np.array([0.03, 0.0, 0.06]) - centre + 0.001 * np.arange(count)[:, None]).astype(np.float32)
    if plan.away:
        transl[-plan.away :] += np.float32(1.0) * camera.T_world_cam[:3, 0]
    posed = skin(hand, pose, betas, transl)
    xyz, uv, vertices = camera.to_camera(posed.joints), camera.project(posed.joints), camera.to_camera(posed.vertices)
    inside = ((uv > -0.5) & (uv < [W - 0.5, H - 0.5])).all(-1)
    return [
        {
            "frame": t,
            "K": camera.K,
            "T_world_cam": camera.T_world_cam,
            "xyz": xyz[t],
            "uv": uv[t],
            "vertices": vertices[t],
            "pose_flat": pose[t],
            "betas": betas,
            "transl": transl[t],
            "bbox_xyxy": np.array([uv[t, :, 0].min(), uv[t, :, 1].min(), uv[t, :, 0].max(), uv[t, :, 1].max()]),
            "object_pose": np.eye(4) + np.array([[0, 0, 0, 0.001 * t], [0] * 4, [0] * 4, [0] * 4]),
            "joint_visible": inside[t],
            "joints_in_image": int(inside[t].sum()),
            "mpjpe_mm": None if t == 1 else 10.0 + t,
            "pa_mpjpe_mm": None if t == 1 else 5.0,
            "error_2d_px": None if t == 1 else 2.0,
            "detected": t != 1,
            "side": side,
            "tip_set": hand.tip_set,
        }
        for t in range(count)
    ]


def make_build(
    root: Path,
    clips: Sequence[ClipPlan],
    *,
    hand: str = "free",
    vertices: bool = True,
    clips_per_part: int = 2,
    name: str = "small",
) -> SmallBuild:
    """Writes clips, parts and snapshot below root."""
    store, camera = root / "store", camera_over()
    mano_dir = fake_mano(root / "mano") if hand == "mano" else None
    mesh = io.BytesIO()
    np.savez(mesh, vertices_m=CUBE, faces=FACES)
    mesh_uri, mesh_sha = _media(store, mesh.getvalue(), "npz")
    rows: list[dict[str, Any]] = []
    poses: list[dict[str, Any]] = []
    for number, plan in enumerate(clips):
        uri, sha = _media(store, encode_video(pixels(number, plan.frames), 15.0), "mp4")
        trajectory = plan.trajectory or f"trajectory{number}"
        clip_rows: list[dict[str, Any]] = []
        for letter in plan.sides:
            side = {"r": "right", "l": "left"}[letter]
            clip_rows += _hand_rows(plan, number, side, hand_of(hand, side, mano_dir), camera)
        shared = {
            "clip_id": f"clip{number}",
            "candidate_id": f"candidate{number}",
            "trajectory_id": trajectory,
            "video_uri": uri,
            "video_sha256": sha,
            "object_name": f"cube-{number}",
            "object_class_id": 3,
            "hand_model": hand,
            "pose_is_approximate": False,
            "split": plan.split,
            "license_tags": ["Apache-2.0"],
            "status": "ok",
        }
        rows += [
            {**shared, **row, "item_id": f"row{number}-{place}", "parent_id": f"clip{number}"}
            for place, row in enumerate(clip_rows)
        ]
        poses.append(
            {
                "item_id": trajectory, "status": "ok", "source": "physics", "request_key": f"cube-{number}",
                "fps": 15.0, "width": W, "height": H, "object_name": f"cube-{number}", "object_word": "box",
                "object_class_id": 3, "object_mesh_uri": mesh_uri, "object_mesh_sha256": mesh_sha,
                "table_height_m": 0.0, "hand_sha256": "0" * 64,
            }
        )  # fmt: skip
    if not vertices:
        rows = [{**row, "vertices": None} for row in rows]
    failed = {**rows[0], "item_id": "bad", "status": "failed", "xyz": None, "frame": None}
    groups = [clips[start : start + clips_per_part] for start in range(0, len(clips), clips_per_part)]
    folder = store / "builds" / name
    sample_parts, begin = [], 0
    for part, group in enumerate(groups):
        ids = {f"clip{number}" for number in range(begin, begin + len(group))}
        begin += len(group)
        mine = [row for row in rows if row["clip_id"] in ids] + ([failed] if part == 0 else [])
        sample_parts.append(_part(folder, f"manifests/samples/part{part}.parquet", mine))
    pose_part = _part(folder, "manifests/pose/all.parquet", poses)
    write_snapshot(folder, {"pose": [pose_part], "samples": sample_parts})
    return SmallBuild(str(folder), rows, store, mano_dir)


def write_snapshot(folder: Path, steps: dict[str, list[dict[str, Any]]], version: str = "1.0") -> None:
    plain = {
        "schema_version": version,
        "build_id": folder.name,
        "config_sha256": "0" * 64,
        "code_version": "0",
        "steps": {step: {"parts": parts} for step, parts in steps.items()},
    }
    (folder / "snapshot.json").write_text(json.dumps(plain))


def _media(store: Path, data: bytes, extension: str) -> tuple[str, str]:
    digest = hashlib.sha256(data).hexdigest()
    uri = f"cas/{digest[:2]}/{digest}.{extension}"
    (store / uri).parent.mkdir(parents=True, exist_ok=True)
    (store / uri).write_bytes(data)
    return uri, digest


def _column(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {np.ndarray}:
        first = next(value for value in values if value is not None)
        kind = pa.bool_() if first.dtype == np.bool_ else pa.float32()
        return pa.array([None if value is None else value.reshape(-1) for value in values], pa.list_(kind))
    if kinds == {float}:
        return pa.array(values, pa.float32())
    return pa.array(values, pa.int32()) if kinds == {int} else pa.array(values)


def _part(folder: Path, path: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    table = pa.table({name: _typed(name, [row[name] for row in rows]) for name in rows[0]})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    data = sink.getvalue()
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
    return {
        "path": path,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "rows": len(rows),
        "statuses": {"ok": sum(row["status"] == "ok" for row in rows)},
    }


def _typed(name: str, values: list[Any]) -> pa.Array:
    if name == "vertices" and all(value is None for value in values):
        return pa.array(values, pa.list_(pa.float32()))
    return _column(values)


def replaced(plan: ClipPlan, **changes: Any) -> ClipPlan:
    return dataclasses.replace(plan, **changes)
