"""A published build in a folder: real tables, parts, media and snapshot, with drawn pictures in place of models."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pam_models.conditions.camera import Camera, intrinsics, look_at
from pam_models.conditions.maps import render_maps
from pam_models.hand.free_hand import free_hand
from pam_models.hand.skinning import skin
from tasks.build import Build, open_build
from tasks.config import validate
from tasks.ids import child_id, sha256_hex
from tasks.media import encode_png, encode_video
from tasks.scene import pack_maps, pack_mesh
from tasks.store import Store
from tasks.tables.parts import write_part
from tasks.tables.registry import TABLES

T, H, W = 9, 96, 144
CANDIDATES = 6
TAGS = ["graspxl:CC-BY-NC-4.0", "Apache-2.0"]
CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32) * 0.03
CUBE_FACES = np.array(
    [
        [0, 1, 3],
        [0, 3, 2],
        [4, 6, 7],
        [4, 7, 5],
        [0, 4, 5],
        [0, 5, 1],
        [2, 3, 7],
        [2, 7, 6],
        [0, 2, 6],
        [0, 6, 4],
        [1, 5, 7],
        [1, 7, 3],
    ],
    np.int32,
)


def pose_row(store: Store, number: int) -> dict[str, Any]:
    """A hand that moves above a cube; the second trajectory is approximate."""
    hand = free_hand("right")
    pose = np.zeros((T, 48), np.float32)
    pose[:, 3:] = 0.02 * np.arange(T)[:, None]
    transl = np.stack([np.linspace(-0.08, -0.02, T), np.zeros(T), np.full(T, 0.1)], -1).astype(np.float32)
    geometry = skin(hand, pose, np.zeros(10, np.float32), transl)
    camera = Camera(
        intrinsics(45.0, W, H),
        look_at(np.array([0.05, -0.4, 0.3]), np.array([0.03, 0, 0.06]), np.array([0, 0, 1.0])),
        W,
        H,
    )
    poses = np.tile(np.eye(4, dtype=np.float32), (T, 1, 1))
    maps = render_maps(geometry.vertices, hand.faces, geometry.joints, CUBE, CUBE_FACES, poses, 3, camera)
    preview = np.where(maps.labels[..., None] > 0, maps.labels[..., None] // 2 + 90, 40).repeat(3, -1).astype(np.uint8)
    return {
        "source": "graspxl",
        "request_key": f"clip-{number}",
        "side": "right",
        "num_frames": T,
        "fps": 15.0,
        "hand_model": "free",
        "hand_sha256": hand.sha256(),
        "tip_set": hand.tip_set,
        "pose_is_approximate": number == 1,
        "notes": ["hands_mean is unknown"] if number == 1 else [],
        "pose_flat": pose,
        "betas": np.zeros(10),
        "transl": transl,
        "wrist_m": geometry.joints[:, 0],
        "joints_world_m": geometry.joints,
        "object_name": "cube-1",
        "object_word": ("box", "can")[number],
        "object_class_id": 3,
        "object_pose": poses,
        "K": camera.K,
        "T_world_cam": camera.T_world_cam,
        "width": W,
        "height": H,
        "table_height_m": 0.0,
        "phase": ["reach"] * 4 + ["lift"] * 5,
        "lifted": True,
        "lift_height_m": 0.1,
        "slip_mm": 1.5 + number,
        "penetration_mm_max": 2.0,
        "penetration_mm_mean": 0.5,
        "contact_ratio": 0.9,
        "jerk_m_s3": 30.0,
        "visible_fraction": 1.0,
        **store.put_media(pack_maps(maps), "npz").columns("maps"),
        **store.put_media(pack_mesh(CUBE, CUBE_FACES), "npz").columns("object_mesh"),
        **store.put_media(encode_video(preview, 15.0), "mp4").columns("preview"),
        "license_tags": TAGS,
    }


def candidate_error(trajectory: int, index: int) -> float | None:
    """The first trajectory's errors are 10, 11, ...; the second's 12, 14, ... and its last shows no hand."""
    if (trajectory, index) == (1, CANDIDATES - 1):
        return None
    return 10.0 + index if trajectory == 0 else 12.0 + 2 * index


class Rows:
    """Rows of one step, with the common columns filled in."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.rows: list[dict[str, Any]] = []

    def add(self, item_id: str, parent_id: str, row: dict[str, Any], **common: Any) -> None:
        self.rows.append(
            {
                "item_id": item_id,
                "parent_id": parent_id,
                "shard_id": "s",
                "status": "ok",
                "attempts": 1,
                "seed": 1,
                **common,
                **row,
            }
        )


def all_rows(store: Store) -> list[Rows]:
    """Two trajectories, six candidates each (one fails), a score and a decision for each picture, two clips."""
    steps = {name: Rows(name) for name in TABLES if name != "select-clips"}
    reason = "<script>alert(1)</script> robot hand, 22 joints wanted 16"
    steps["pose"].add("pose-bad", "", {}, status="failed", error_type="BadInput", error_message=reason)
    for t in range(2):
        steps["pose"].add(f"pose{t}", "", pose_row(store, t))
        add_candidates(steps, store, t)
        add_clip(steps, store, t)
    add_decisions(steps)
    return list(steps.values())


def add_candidates(steps: dict[str, Rows], store: Store, t: int) -> None:
    """Pictures of rising grey and their scores; the last picture of the first trajectory fails."""
    for index in range(CANDIDATES):
        item = f"cand{t}-{index}"
        if (t, index) == (0, 5):
            why = {"status": "failed", "error_type": "RuntimeError", "error_message": "nan in latents"}
            steps["appearance"].add(item, f"pose{t}", {}, **why)
            continue
        picture = encode_png(np.full((H, W, 3), 60 + 20 * index, np.uint8))
        row = {
            "trajectory_id": f"pose{t}",
            "index": index,
            "prompt": f"a hand grasps it {index}",
            **store.put_media(picture, "png").columns("image"),
            "width": W,
            "height": H,
            "model_id": "demo/appearance@1",
            "license_tags": TAGS,
        }
        steps["appearance"].add(item, f"pose{t}", row)
        error = candidate_error(t, index)
        estimate = {
            "target_id": item,
            "trajectory_id": f"pose{t}",
            "mpjpe_mm": error,
            "pa_mpjpe_mm": 5.0,
            "error_2d_px": 2.0,
            "detected": error is not None,
            "confidence": 0.8,
            "estimator_id": "compact/demo@1",
        }
        steps["score-candidates"].add(f"score-{item}", item, estimate)


def add_decisions(steps: dict[str, Rows]) -> None:
    """The worst quarter of the build is dropped, a missing hand first."""
    scores = [row["mpjpe_mm"] if row["detected"] else np.inf for row in steps["score-candidates"].rows]
    order = np.argsort(scores, kind="stable")
    kept_number = len(order) - len(order) // 4
    for rank, place in enumerate(order.tolist()):
        score = steps["score-candidates"].rows[place]
        kept = rank < kept_number
        decision = {
            "target_id": score["target_id"],
            "trajectory_id": score["trajectory_id"],
            "mpjpe_mm": score["mpjpe_mm"],
            "rank": rank,
            "threshold_mm": scores[order[kept_number - 1]],
            "scope": "build",
            "kept": kept,
        }
        fate = {} if kept else {"status": "filtered", "error_type": "MissedCut", "error_message": "among the worst"}
        steps["select-candidates"].add(f"decision-{score['target_id']}", score["item_id"], decision, **fate)


def add_clip(steps: dict[str, Rows], store: Store, t: int) -> None:
    """A clip of coloured squares, its score, and its labelled frames."""
    clip, candidate = f"clip{t}", f"cand{t}-0"
    squares = np.random.default_rng(t).integers(60, 200, (1, 12, 18, 3))
    frames = squares.repeat(T, 0).repeat(8, 1).repeat(8, 2).astype(np.uint8)
    video = store.put_media(encode_video(frames, 15.0), "mp4")
    row = {
        "candidate_id": candidate,
        "trajectory_id": f"pose{t}",
        "num_frames": T,
        "fps": 15.0,
        "width": W,
        "height": H,
        **video.columns("video"),
        "prompt": "a hand grasps it 0",
        "model_id": "demo/motion@1",
        "license_tags": TAGS,
    }
    steps["video"].add(clip, candidate, row)
    per_frame = 14.0 + t + np.arange(T)
    estimate = {
        "target_id": clip,
        "trajectory_id": f"pose{t}",
        "mpjpe_mm": float(per_frame.mean()),
        "pa_mpjpe_mm": 6.0,
        "error_2d_px": 2.5,
        "detected": True,
        "confidence": 0.9,
        "estimator_id": "compact/demo@1",
        "mpjpe_mm_per_frame": per_frame,
        "pa_mpjpe_mm_per_frame": per_frame / 2,
        "error_2d_px_per_frame": per_frame / 8,
        "detected_per_frame": [True] * (T - 1) + [False],
        "reference_mpjpe_mm": 10.0,
    }
    steps["score-clips"].add(f"score-{clip}", clip, estimate)
    for frame in range(T):
        label = {
            "clip_id": clip,
            "candidate_id": candidate,
            "trajectory_id": f"pose{t}",
            "frame": frame,
            "video_uri": video.uri,
            "video_sha256": video.sha256,
            "K": np.eye(3),
            "xyz": np.zeros(63),
            "uv": np.arange(42),
            "side": "right",
            "split": ("train", "val")[t],
            "license_tags": TAGS,
        }
        steps["samples"].add(child_id(clip, frame), clip, label)


def publish(root: Path) -> tuple[Store, Build]:
    """Writes the build; every step in two parts, and one part that the snapshot does not name."""
    store = Store(str(root))
    build = open_build(validate({"pose": {"trajectories": 2}, "frames": T}), store, "made-up")
    steps: dict[str, Any] = {}
    for rows in all_rows(store):
        lineage = build.lineage(rows.step, 1, models={f"demo/{rows.step}": "1"})
        half = (len(rows.rows) + 1) // 2
        parts = []
        for number, chosen in enumerate((rows.rows[:half], rows.rows[half:])):
            data = write_part(TABLES[rows.step], chosen, lineage)
            shard = f"{rows.step}{number}"
            store.commit_part(build.part_key(rows.step, shard), data)
            statuses = {
                status: sum(row["status"] == status for row in chosen) for status in ("ok", "filtered", "failed")
            }
            path = build.part_key(rows.step, shard).removeprefix(build.key(""))
            parts.append(
                {
                    "path": path,
                    "sha256": sha256_hex(data),
                    "bytes": len(data),
                    "rows": len(chosen),
                    "statuses": statuses,
                }
            )
            timing = {"items": len(chosen), "wall_s": 2.0 + number, "worker_s": 1.5, "gpu_s": 0.5}
            store.replace(build.timings_key(rows.step, shard), json.dumps(timing).encode())
        steps[rows.step] = {"parts": parts}
        store.commit_part(build.part_key(rows.step, "stale"), b"no part at all")
    store.replace(build.timings_key("video", "video0"), b"{damaged")
    snapshot = {
        "schema_version": "1.0",
        "build_id": build.build_id,
        "config_sha256": "c",
        "code_version": "0.1+abc",
        "steps": steps,
    }
    store.replace(build.key("snapshot.json"), json.dumps(snapshot).encode())
    return store, build
