"""A published build of any number of small clips, for figures of memory and time."""

import json
from pathlib import Path

import numpy as np

from tasks.build import Build, open_build
from tasks.config import validate
from tasks.ids import sha256_hex
from tasks.media import encode_video
from tasks.scene import pack_maps, unpack_maps
from tasks.shard import count_statuses
from tasks.stage import Row
from tasks.store import Store
from tasks.tables.parts import write_part
from tasks.tables.registry import TABLES
from tests.tasks.report.published import H, W, pose_row

FRAMES = 49
PART = 100
KEPT_MEDIA = 8


def publish_many(root: Path, number: int, frames: int = FRAMES) -> tuple[Store, Build, int]:
    """The store, the build, and the bytes of one decoded clip. Each clip has a trajectory of its own; a few media are
    used in turn, each under its own hash, so that the build is quick to make.
    """
    store = Store(str(root))
    build = open_build(validate({"frames": frames, "pose": {"trajectories": number}}), store, "many")
    base = _stretched(store, frames)
    noise = np.random.default_rng(0)
    media = []
    for variant in range(KEPT_MEDIA):
        clip = np.full((frames, H, W, 3), 90 + variant, np.uint8)
        clip[:, 20:60, 30:90] = noise.integers(0, 255, (1, 40, 60, 3))
        media.append(store.put_media(encode_video(clip, 15.0, preset="ultrafast"), "mp4").columns("video"))
    common = {"shard_id": "s", "status": "ok", "attempts": 1, "seed": 1}
    poses: list[Row] = [{**common, **base, "item_id": f"pose{n:06d}", "parent_id": ""} for n in range(number)]
    clips: list[Row] = [
        {
            **common,
            **media[n % KEPT_MEDIA],
            "item_id": f"clip{n:06d}",
            "parent_id": f"cand{n:06d}",
            "candidate_id": f"cand{n:06d}",
            "trajectory_id": f"pose{n:06d}",
            "num_frames": frames,
            "fps": 15.0,
            "width": W,
            "height": H,
        }
        for n in range(number)
    ]
    steps = {"pose": _parts(store, build, "pose", poses), "video": _parts(store, build, "video", clips)}
    whole = {
        "schema_version": "1.0",
        "build_id": build.build_id,
        "config_sha256": "c",
        "code_version": "0",
        "steps": steps,
    }
    store.replace(build.key("snapshot.json"), json.dumps(whole).encode())
    return store, build, frames * H * W * 3


def _stretched(store: Store, frames: int) -> Row:
    """A `pose` row whose first frames are repeated until it is long enough."""
    row = pose_row(store, 0)
    short = int(row["num_frames"])
    places = np.arange(frames) % short
    maps = unpack_maps(store.read(row["maps_uri"]))
    known = {name: found for name, found in vars(maps).items() if found is not None}
    longer = type(maps)(**{name: found[places] for name, found in known.items()})
    preview = np.repeat(np.where(longer.labels > 0, 160, 40)[..., None], 3, axis=-1).astype(np.uint8)
    per_frame = {"pose_flat": 48, "transl": 3, "wrist_m": 3, "joints_world_m": 63, "object_pose": 16}
    stretched = {name: np.asarray(row[name]).reshape(short, width)[places] for name, width in per_frame.items()}
    return {
        **row,
        **stretched,
        "num_frames": frames,
        "phase": ["reach"] * frames,
        **store.put_media(pack_maps(longer), "npz").columns("maps"),
        **store.put_media(encode_video(preview, 15.0, preset="ultrafast"), "mp4").columns("preview"),
    }


def _parts(store: Store, build: Build, step: str, rows: list[Row]) -> dict[str, list[dict[str, object]]]:
    entries = []
    for start in range(0, len(rows), PART):
        chosen = rows[start : start + PART]
        data = write_part(TABLES[step], chosen, build.lineage(step, 1))
        key = build.part_key(step, f"{step}{start:06d}")
        store.commit_part(key, data)
        entry = {"path": key.removeprefix(build.key("")), "sha256": sha256_hex(data), "bytes": len(data)}
        entries.append({**entry, "rows": len(chosen), "statuses": count_statuses(chosen)})
    return {"parts": entries}
