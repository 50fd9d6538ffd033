"""Which labelled frames of a build a reader wants, and the explanation where none is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool

from pam_models.readers.errors import EmptySelectionError


@dataclass(frozen=True)
class Selection:
    """Conditions that a frame must meet, all of them; None asks for nothing.

    split: train, val or test (a trajectory is in one of them, whole). side: right or left. detected: whether the
    estimator found the hand. max_mpjpe_mm, max_error_2d_px: the estimator's disagreement, where it found no hand the
    frame is left out. min_joints_in_image: of 21. objects: names. clips: ids.
    """

    split: str | None = None
    side: str | None = None
    detected: bool | None = None
    max_mpjpe_mm: float | None = None
    max_error_2d_px: float | None = None
    min_joints_in_image: int | None = None
    objects: tuple[str, ...] | None = None
    clips: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a split or side that does not exist."""
        for name, known in (("split", ("train", "val", "test")), ("side", ("right", "left"))):
            if getattr(self, name) not in (None, *known):
                raise ValueError(f"{name} {getattr(self, name)}: no such {name}; there are {', '.join(known)}")


COLUMNS = ("split", "side", "detected", "mpjpe_mm", "error_2d_px", "joints_in_image", "object_name", "clip_id")

_CONDITIONS: dict[str, tuple[str, Callable[[pa.ChunkedArray, object], pa.ChunkedArray]]] = {
    "split": ("split", pc.equal),
    "side": ("side", pc.equal),
    "detected": ("detected", pc.equal),
    "max_mpjpe_mm": ("mpjpe_mm", pc.less_equal),
    "max_error_2d_px": ("error_2d_px", pc.less_equal),
    "min_joints_in_image": ("joints_in_image", pc.greater_equal),
    "objects": ("object_name", lambda column, names: pc.is_in(column, value_set=pa.array(names))),
    "clips": ("clip_id", lambda column, ids: pc.is_in(column, value_set=pa.array(ids))),
}


@dataclass
class Tally:
    """How many frames each condition left, over all parts."""

    selection: Selection
    frames: int = 0
    kept: int = 0
    left: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)

    def keep(self, table: pa.Table) -> Bool[np.ndarray, " N"]:
        """Which rows of a table (with `COLUMNS`) meet every condition."""
        kept = np.ones(table.num_rows, np.bool_)
        self.frames += table.num_rows
        for found in table.column("split").value_counts().to_pylist():
            self.splits[str(found["values"])] += found["counts"]
        for condition in fields(self.selection):
            wanted = getattr(self.selection, condition.name)
            if wanted is None:
                continue
            column, test = _CONDITIONS[condition.name]
            met = pc.fill_null(test(table.column(column), wanted), False)
            kept &= np.asarray(met.to_numpy(zero_copy_only=False) if isinstance(met, pa.Array) else met.to_numpy())
            self.left[condition.name] += int(kept.sum())
        self.kept += int(kept.sum())
        return kept

    def refuse_nothing(self, where: str) -> None:
        """Raises EmptySelectionError where no frame is left."""
        if self.kept:
            return
        wanted = {one.name: getattr(self.selection, one.name) for one in fields(self.selection)}
        steps = [f"{name}={value!r} leaves {self.left[name]}" for name, value in wanted.items() if value is not None]
        there = ", ".join(f"{name} {count}" for name, count in sorted(self.splits.items())) or "none"
        story = "; ".join([f"of {self.frames} labelled frames ({there})", *steps])
        raise EmptySelectionError(f"{where}: no frame is left: {story}")
