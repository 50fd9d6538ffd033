"""A published build of any number of clips, made with the project's own writers and no models: data for benchmarks."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pam_models.conditions.appearance_style import sample_style
from pam_models.conditions.camera import Camera, intrinsics, look_at
from pam_models.conditions.shading import render_rgb
from pam_models.hand.free_hand import free_hand
from pam_models.hand.skinning import HandGeometry, skin
from pam_models.media import encode_video
from tasks.ids import child_id, sha256_hex
from tasks.store import Store
from tasks.tables.lineage import Lineage
from tasks.tables.parts import write_part
from tasks.tables.registry import TABLES

FRAMES = 49
CLIPS_PER_PART = 50
LOOKS = 4
CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32) * 0.03
CUBE_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
     [1, 5, 7], [1, 7, 3]], np.int32
)  # fmt: skip


def make_build(store_folder: Path, clips: int, width: int, height: int, grain: float) -> str:
    """Writes a build with this many clips and gives its address.

    A few rendered clips are varied from clip to clip: brightness, and `grain` grey levels of noise.
    """
    store = Store(str(store_folder))
    looks = [_Look(number, width, height) for number in range(LOOKS)]
    parts = []
    for start in range(0, clips, CLIPS_PER_PART):
        rows = [
            row
            for number in range(start, min(start + CLIPS_PER_PART, clips))
            for row in _clip_rows(store, number, looks[number % LOOKS], grain)
        ]
        data = write_part(TABLES["samples"], rows, Lineage("samples", 1, {}, 0))
        key = f"manifests/samples/{start:06d}.parquet"
        store.commit_part(f"builds/frames/{key}", data)
        parts.append(
            {"path": key, "sha256": sha256_hex(data), "bytes": len(data), "rows": len(rows),
             "statuses": {"ok": len(rows)}}
        )  # fmt: skip
    rows = {"rows": clips * FRAMES, "statuses": {"ok": clips * FRAMES}, "parts": parts}
    snapshot = {
        "schema_version": "1.0", "build_id": "frames", "config_sha256": "0" * 64, "code_version": "0",
        "steps": {"samples": rows},
    }  # fmt: skip
    store.replace("builds/frames/snapshot.json", json.dumps(snapshot).encode())
    return f"{store_folder}/builds/frames"


class _Look:
    """One rendered clip: a hand that closes above a cube, in a style of its own."""

    def __init__(self, number: int, width: int, height: int) -> None:
        hand = free_hand("right")
        rng = np.random.default_rng(number)
        self.pose = np.zeros((FRAMES, 48), np.float32)
        self.pose[:, :3] = rng.normal(0, 0.2, 3)
        self.pose[:, 3:] = np.linspace(0, 0.5, FRAMES)[:, None] * rng.uniform(-1, 1, 45)
        self.transl = np.linspace([-0.08, 0, 0.1], [-0.02, 0.02, 0.08], FRAMES).astype(np.float32)
        self.geometry: HandGeometry = skin(hand, self.pose, np.zeros(10, np.float32), self.transl)
        eye = np.array([0.05, -0.4, 0.3]) + rng.normal(0, 0.03, 3)
        view = look_at(eye, np.array([0.03, 0, 0.06]), np.array([0, 0, 1.0]))
        self.camera = Camera(intrinsics(45.0, width, height), view, width, height)
        poses = np.tile(np.eye(4, dtype=np.float32), (FRAMES, 1, 1))
        self.pixels = render_rgb(
            self.geometry.vertices, hand.faces, hand.vertex_tint, CUBE, CUBE_FACES, poses, self.camera,
            sample_style(number), -0.03,
        )  # fmt: skip


def _clip_rows(store: Store, number: int, look: _Look, grain: float) -> list[dict[str, Any]]:
    rng = np.random.default_rng([7, number])
    noise = rng.normal(0, grain, look.pixels.shape).astype(np.float32) if grain > 0 else 0.0
    pixels = look.pixels * np.float32(rng.uniform(0.8, 1.0)) + noise
    clip = store.put_media(encode_video(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), 15.0), "mp4")
    clip_id = sha256_hex(f"clip {number}")[:20]
    camera, geometry = look.camera, look.geometry
    xyz, uv = camera.to_camera(geometry.joints), camera.project(geometry.joints)
    vertices, surface_px = camera.to_camera(geometry.vertices), camera.project(geometry.vertices)
    shared = {
        "parent_id": clip_id, "shard_id": "s", "status": "ok", "attempts": 1, "seed": number, "clip_id": clip_id,
        "candidate_id": f"c{number}", "trajectory_id": f"t{number}", "video_uri": clip.uri, "video_sha256": clip.sha256,
        "K": camera.K, "T_world_cam": camera.T_world_cam, "betas": np.zeros(10), "side": "right", "object_name": "cube",
        "object_class_id": 3, "object_pose": np.eye(4), "joint_visible": [True] * 21, "joints_in_image": 21,
        "mpjpe_mm": 10.0, "pa_mpjpe_mm": 5.0, "error_2d_px": 2.0, "detected": True, "tip_set": "free-front",
        "hand_model": "free", "pose_is_approximate": False, "split": "train", "license_tags": ["Apache-2.0"],
    }  # fmt: skip
    return [
        {
            **shared, "item_id": child_id(clip_id, frame), "frame": frame, "xyz": xyz[frame], "uv": uv[frame],
            "vertices": vertices[frame], "pose_flat": look.pose[frame], "transl": look.transl[frame],
            "bbox_xyxy": np.concatenate([surface_px[frame].min(axis=0), surface_px[frame].max(axis=0)]),
        }
        for frame in range(FRAMES)
    ]  # fmt: skip
