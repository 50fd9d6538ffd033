"""SimpleHand's layout (formats.md section 5): X.jpg, X.json beside it, and JSON lists of picture paths.

Right hands only: a left hand's picture, camera, joints, surface and parameters are mirrored. With MANO the fingertips
are taken anew from SimpleHand's own vertices, so that its joint regressor and the labels agree.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from pam_models.hand.mano_file import TIP_SETS
from pam_models.media.encoding import encode_jpeg
from pam_models.readers.errors import ExportError
from pam_models.readers.export.camera_axes import (
    HandParameters,
    in_camera,
    mirrored_intrinsics,
    mirrored_parameters,
    mirrored_picture,
    mirrored_pixels,
    mirrored_points,
)
from pam_models.readers.export.configuration import SimpleHandOptions
from pam_models.readers.export.job import Files, Notes, Unit, Written
from pam_models.readers.export.source import ExportClip, ExportSource
from pam_models.readers.place import Place

TIPS_OP21 = (4, 8, 12, 16, 20)
BATCH = 32
EPOCH_BATCHES = 256
ENOUGH_PICTURES = BATCH * (EPOCH_BATCHES - 1) + 1

JOINTS_ONLY = """\
This export has joints only: its hand is not MANO's, so the sidecars have no "vertices", and SimpleHand's mesh loss has
nothing to learn from. The official dataset asks for 778 MANO vertices and stops with KeyError: 'vertices'. To train on
joints, give it zeros there (`np.zeros((778, 3))` where the key is missing) and set the weight of the loss on vertices,
and of the loss on joints that are regressed from them, to 0; the loss on uv is the one that learns. For the mesh, make
the build with MANO (`--set hand.mano_dir=FOLDER`) and export it again.
"""


class SimpleHandLayout:
    """Pictures and sidecars in one folder for each clip, `train.json`, `val.json`, `test.json`."""

    def __init__(self, options: SimpleHandOptions) -> None:
        self._options = options

    def units(self, source: ExportSource) -> list[Unit]:
        """One clip each."""
        return [Unit(source.clip(number).clip_id, (number,)) for number in range(source.num_clips)]

    def write(self, source: ExportSource, unit: Unit) -> Written:
        """A clip's pictures and sidecars, but for frames that show too few joints."""
        clip = source.clip(unit.clips[0])
        files: Files = {}
        names: list[str] = []
        pictures = clip.pictures()
        vertices = clip.vertices() if clip.is_mano else None
        parameters = in_camera(clip.labels, clip.wrist_rest())
        for row, picture in enumerate(pictures):
            right = bool(clip.is_right[row])
            name = f"{clip.clip_id}/{clip.labels['frame'][row]:04d}_{'right' if right else 'left'}.jpg"
            surface = vertices[row] if vertices is not None else None
            sidecar = sidecar_of(clip, row, picture.shape[1], surface, parameters)
            size = picture.shape[1], picture.shape[0]
            behind = (clip.labels["xyz"][row, :, 2] <= 0).any()
            if behind or _joints_inside(np.array(sidecar["uv"]), *size) < self._options.min_joints:
                continue
            sidecar["image_path"] = name
            shown = picture if right else mirrored_picture(picture)
            files[name] = encode_jpeg(shown, self._options.quality)
            files[name.removesuffix(".jpg") + ".json"] = json.dumps(sidecar, separators=(",", ":")).encode()
            names.append(name)
        notes = {
            "names": names,
            "split": clip.split,
            "rows": len(pictures),
            "mirrored": sum(name.endswith("_left.jpg") for name in names),
            "mano": clip.is_mano,
        }
        return Written(files, notes)

    def finish(self, source: ExportSource, notes: Sequence[Notes], destination: Place) -> tuple[Files, list[str]]:
        """One list for each split, and a README with what was left out, mirrored and repeated."""
        prefix = self._prefix(destination)
        lists: dict[str, list[str]] = {}
        counts: Counter[str] = Counter()
        for note in notes:
            lists.setdefault(note["split"], []).extend(f"{prefix}{name}" for name in note["names"])
            counts.update({name: int(note[name]) for name in ("rows", "mirrored", "mano")})
        written = sum(map(len, lists.values()))
        if not written:
            none = f"none of {counts['rows']} frames shows {self._options.min_joints} joints"
            raise ExportError(f"{source.build}: {none}; there is nothing to export")
        few = f"fewer than {self._options.min_joints} joints in the picture, or some behind the camera"
        messages = [
            f"{written} pictures; {counts['rows'] - written} of {counts['rows']} frames left out ({few}); "
            f"{counts['mirrored']} left hands mirrored"
        ]
        lists = {split: paths for split, paths in sorted(lists.items()) if paths}
        messages += self._repeat(lists)
        if not counts["mano"]:
            messages.append(
                "joints only: the hand is not MANO's, so the mesh loss has nothing to learn from (README.md)"
            )
        files = {f"{split}.json": (json.dumps(paths, indent=0) + "\n").encode() for split, paths in lists.items()}
        files["README.md"] = _readme(source.build_id, messages, joints_only=not counts["mano"])
        return files, messages

    def _prefix(self, destination: Place) -> str:
        prefix = self._options.list_prefix
        if prefix is None:
            prefix = f"{destination.folder}/" if destination.folder is not None else ""
        if ".jpg" in prefix:
            wrong = f"the path {prefix} has '.jpg' in it, which SimpleHand would replace by '.json' there too"
            raise ExportError(f"{wrong}; choose another destination or list_prefix")
        return prefix

    def _repeat(self, lists: dict[str, list[str]]) -> list[str]:
        """Mends a train list that the official trainer would run out of, or says what to set."""
        train = lists.get("train")
        if train is None:
            return [f"no frame is in the split train: point DATA.JSON_DIR at {' or '.join(f'{s}.json' for s in lists)}"]
        if len(train) >= ENOUGH_PICTURES:
            return []
        own = ceil(len(train) / BATCH)
        fewer = f"MINIBATCH_PER_EPOCH = {own} would take each once"
        if not self._options.repeat:
            return [f"train.json has {len(train)} pictures, up to 8160 stop the official trainer: {fewer}"]
        times = ceil(ENOUGH_PICTURES / len(train))
        lists["train"] = train * times
        return [
            f"train.json names its {len(train)} pictures {times} times, because the official trainer stops at up to "
            f"8160; {fewer} (--set repeat=false)"
        ]


def sidecar_of(
    clip: ExportClip, row: int, width: int, vertices: Float32[np.ndarray, "V 3"] | None, parameters: HandParameters
) -> dict[str, Any]:
    """One row's sidecar: xyz and vertices (metres, camera axes), K and uv (pixels), as a right hand; 6 decimals."""
    labels = clip.labels[row]
    xyz, K = labels["xyz"].astype(np.float64), labels["K"].astype(np.float64)
    own = HandParameters(*(array[row : row + 1] for array in vars(parameters).values()))
    right = bool(clip.is_right[row])
    side = "right" if right else "left"
    if vertices is not None:
        xyz[list(TIPS_OP21)] = vertices[list(TIP_SETS["freihand"][side])]
    uv = _projected(xyz, K)
    if not right:
        xyz, K, uv = mirrored_points(xyz), mirrored_intrinsics(K, width), mirrored_pixels(uv, width)
        vertices = mirrored_points(vertices) if vertices is not None else None
        own = mirrored_parameters(own, clip.ref.facts["hand_model"])
    sidecar: dict[str, Any] = {"xyz": _plain(xyz), "uv": _plain(uv), "K": _plain(K)}
    if vertices is not None:
        sidecar["vertices"] = _plain(vertices)
    return sidecar | {
        "hand_side": side,
        "mirrored": not right,
        "hand_model": clip.ref.facts["hand_model"],
        "pose_flat": _plain(own.pose_flat[0]),
        "betas": _plain(own.betas[0]),
        "transl": _plain(own.transl[0]),
    }


def _projected(xyz: Float64[np.ndarray, "21 3"], K: Float64[np.ndarray, "3 3"]) -> Float64[np.ndarray, "21 2"]:
    homogeneous = xyz @ K.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def _joints_inside(uv: Float64[np.ndarray, "21 2"], width: int, height: int) -> int:
    """Joints strictly inside, as the official reader counts them."""
    return int(((uv > 0) & (uv < [width, height])).all(axis=1).sum())


def _plain(values: np.ndarray) -> Any:  # noqa: ANN401  nested lists of numbers
    return np.round(np.asarray(values, np.float64), 6).tolist()


def _readme(build_id: str, messages: Sequence[str], *, joints_only: bool) -> bytes:
    lines = "\n".join(f"- {message}" for message in messages)
    text = (
        f"# Build {build_id} for SimpleHand\n\n{lines}\n\nPoint `DATA.JSON_DIR` at `train.json`. Sidecars: `xyz`"
        " (21, 3) and `vertices` (778, 3) in metres, camera axes; `K` (3, 3) and `uv` (21, 2) in pixels; each hand is a"
        " right hand.\n"
    )
    return (text + ("\n" + JOINTS_ONLY if joints_only else "")).encode()
