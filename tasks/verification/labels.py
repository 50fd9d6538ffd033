"""Labels of frames against themselves and against the trajectory that they show: joints, camera, boxes, parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from tasks.samples import bounds
from tasks.stage import Row
from tasks.verification.findings import Findings
from tasks.verification.pictures import Shown

REPROJECTION_PX = 0.1
# Labels and trajectory are float32: a metre is known to a ten-millionth.
SAME_M = 1e-4
SAME = 1e-4
BOX_PX = 0.1
NEEDED = ("K", "xyz", "uv")
WIDTHS = {
    "K": 9, "xyz": 63, "uv": 42, "T_world_cam": 16, "bbox_xyxy": 4, "pose_flat": 48, "betas": 10, "transl": 3,
    "joint_visible": 21,
}  # fmt: skip

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Truth:
    """What a trajectory says of its frames, side by side: camera (T, 4, 4) to world, and each hand by its side."""

    K: Float[np.ndarray, "9"]
    cameras: Float[np.ndarray, "T 4 4"]
    size_px: tuple[int, int]
    hands: Mapping[str, Arrays] = field(default_factory=dict)


def truth_of(row: Row) -> Truth | None:
    """The truth out of a `pose` row; None where the row holds no joints (simulated builds)."""
    if row.get("joints_world_m") is None or row.get("K") is None or row.get("T_world_cam") is None:
        return None
    frames = int(row["num_frames"])
    cameras = np.asarray(row["T_world_cam"], np.float64).reshape(-1, 4, 4)
    hands = {}
    for prefix, side in (("", row["side"]), ("second_", row.get("second_side"))):
        if side is not None:
            hands[side] = {
                "joints": np.asarray(row[f"{prefix}joints_world_m"], np.float32).reshape(frames, 21, 3),
                "pose_flat": np.asarray(row[f"{prefix}pose_flat"], np.float32).reshape(frames, 48),
                "transl": np.asarray(row[f"{prefix}transl"], np.float32).reshape(frames, 3),
                "betas": np.broadcast_to(np.asarray(row[f"{prefix}betas"], np.float32), (frames, 10)),
            }
    size = (int(row["width"]), int(row["height"]))
    return Truth(np.asarray(row["K"], np.float64), np.broadcast_to(cameras, (frames, 4, 4)), size, hands)


def check_labels(table: pa.Table, key: str, truths: Mapping[str, Truth], shown: Shown, findings: Findings) -> None:
    """Looks at the ok rows of a part of samples, clip by clip; what the masks shall agree with goes to `shown`."""
    ok = table.filter(pc.equal(table.column("status"), "ok"))
    for name in _incomplete(ok):
        empty = ok.filter(pc.is_null(ok.column(name)))
        if empty.num_rows and (name in NEEDED or empty.num_rows < ok.num_rows):
            findings.find("missing label", key, f"row {empty.column('item_id')[0]} lacks {name}")
            ok = ok.filter(pc.is_valid(ok.column(name)))
    for clip, side, frames in _clips(ok):
        arrays = {name: _array(frames.column(name), width) for name, width in WIDTHS.items()}
        if any(arrays[name] is None for name in NEEDED):
            findings.find("missing label", key, f"clip {clip}: {', '.join(NEEDED)} are not of 9, 63 and 42 numbers")
            continue
        known: dict[str, Any] = {name: array for name, array in arrays.items() if array is not None}
        known["frame"] = frames.column("frame").to_numpy(zero_copy_only=False)
        known["count"] = _array(frames.column("joints_in_image"), 0)
        _look_at(_Clip(key, frames, known, findings), clip, side, truths, shown)


def _incomplete(table: pa.Table) -> list[str]:
    return [name for name in WIDTHS if table.column(name).null_count]


def _clips(table: pa.Table) -> Iterator[tuple[str, str, pa.Table]]:
    """Rows of each clip and side; the parts hold them together, so runs suffice."""
    clips, sides = table.column("parent_id").to_pylist(), table.column("side").to_pylist()
    start = 0
    for end in range(1, len(clips) + 1):
        if end == len(clips) or (clips[end], sides[end]) != (clips[start], sides[start]):
            yield clips[start], sides[start] or "", table.slice(start, end - start)
            start = end


def _array(column: pa.ChunkedArray, width: int) -> np.ndarray | None:
    """A column as (N, width), or (N,) where width is 0; None where it is empty or does not fold."""
    if column.null_count:
        return None
    if not width:
        return np.asarray(column.to_numpy(zero_copy_only=False))
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(column), width) if len(flat) == len(column) * width else None


@dataclass(frozen=True)
class _Clip:
    """The rows of one clip and side, as arrays."""

    key: str
    rows: pa.Table
    arrays: Mapping[str, Any]
    findings: Findings

    def expect(self, kind: str, off: np.ndarray, limit: float, what: str) -> None:
        """Notes the worst row where `off` (N,) is not within the limit."""
        off = np.where(np.isfinite(off), off, np.inf)
        if len(off) and off.max() > limit:
            row = self.rows.column("item_id")[int(off.argmax())]
            self.findings.find(kind, self.key, f"row {row}: {what.format(off=off.max())}, at most {limit:g} is right")


def _look_at(clip: _Clip, name: str, side: str, truths: Mapping[str, Truth], shown: Shown) -> None:
    arrays = clip.arrays
    xyz, uv = arrays["xyz"].reshape(-1, 21, 3).astype(np.float64), arrays["uv"].reshape(-1, 21, 2)
    off = np.abs(_projected(arrays["K"], xyz) - uv).max(axis=(1, 2))
    clip.expect("label off", off, REPROJECTION_PX, "uv is {off:.2f} px from K xyz")
    truth = truths.get(clip.rows.column("trajectory_id")[0].as_py())
    if truth is None or not ((arrays["frame"] >= 0) & (arrays["frame"] < len(truth.cameras))).all():
        return
    if side not in truth.hands:
        clip.findings.find("label off", clip.key, f"clip {name}: its trajectory has no {side or 'nameless'} hand")
        return
    _against(clip, truth, truth.hands[side], xyz)
    _boxes(clip, truth, uv)
    if "bbox_xyxy" in arrays and "joint_visible" in arrays:
        frames = arrays["frame"]
        trajectory = clip.rows.column("trajectory_id")[0].as_py()
        if not shown.agree(trajectory, side, frames, arrays["bbox_xyxy"], arrays["joint_visible"]):
            what = f"clip {name}: its boxes or visible joints are not those of the trajectory's other clips"
            clip.findings.find("label off", clip.key, what)


def _projected(K: Float[np.ndarray, "N 9"], xyz: Float[np.ndarray, "N P 3"]) -> Float[np.ndarray, "N P 2"]:
    uvw = np.einsum("npj,nij->npi", xyz, K.reshape(-1, 3, 3).astype(np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        seen: Float[np.ndarray, "N P 2"] = uvw[..., :2] / uvw[..., 2:]
    return seen


def _against(clip: _Clip, truth: Truth, hand: Arrays, xyz: Float[np.ndarray, "N 21 3"]) -> None:
    """Camera, joints and parameters are the trajectory's own in that frame."""
    arrays, frames = clip.arrays, clip.arrays["frame"]
    clip.expect("label off", np.abs(arrays["K"] - truth.K).max(axis=1), SAME, "K is {off:.3g} px off its trajectory's")
    cameras = truth.cameras[frames]
    if "T_world_cam" in arrays:
        off = np.abs(arrays["T_world_cam"] - cameras.reshape(-1, 16)).max(axis=1)
        clip.expect("label off", off, SAME, "T_world_cam is {off:.3g} off its trajectory's")
    seen = np.einsum("npj,nji->npi", hand["joints"][frames] - cameras[:, None, :3, 3], cameras[:, :3, :3])
    off = np.abs(seen - xyz).max(axis=(1, 2))
    clip.expect("label off", off, SAME_M, "xyz is {off:.3g} m from the trajectory's joints")
    for name in ("pose_flat", "betas", "transl"):
        if name in arrays:
            off = np.abs(arrays[name] - hand[name][frames]).max(axis=1)
            clip.expect("label off", off, SAME, name + " is {off:.3g} off its trajectory's")


def _boxes(clip: _Clip, truth: Truth, uv: Float[np.ndarray, "N 21 2"]) -> None:
    """Boxes hold what they are around: the projected surface where it is stored, else the joints in the picture."""
    arrays, (width, height) = clip.arrays, truth.size_px
    inside = np.logical_and(uv > -0.5, uv < np.array([width - 0.5, height - 0.5])).all(axis=2)
    if arrays["count"] is not None:
        off = np.abs(arrays["count"] - inside.sum(axis=1)).astype(np.float64)
        clip.expect("label off", off, 0.0, "joints_in_image is {off:.0f} off")
    if "bbox_xyxy" not in arrays:
        return
    boxes = arrays["bbox_xyxy"].astype(np.float64)
    surfaces = clip.rows.column("vertices")
    if surfaces.null_count == 0:
        points = surfaces.combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(len(boxes), -1, 3)
        around = [bounds(one, width, height) for one in _projected(arrays["K"], points.astype(np.float64))]
        clip.expect(
            "label off", np.abs(boxes - around).max(axis=1), BOX_PX, "bbox_xyxy is {off:.2f} px off its surface"
        )
        return
    low = np.where(np.expand_dims(inside, 2), uv, np.inf).min(axis=1)
    high = np.where(np.expand_dims(inside, 2), uv, -np.inf).max(axis=1)
    beyond = np.maximum(boxes[:, :2] - low, high - boxes[:, 2:]).max(axis=1)
    clip.expect("label off", np.maximum(beyond, 0.0), 2.0, "joints lie {off:.2f} px outside bbox_xyxy")
