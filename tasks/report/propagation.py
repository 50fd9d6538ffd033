"""Error propagation (paper's supplementary, section 2.7): how a trajectory's quality goes together with the errors of
what was painted over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float

from pam_models.metrics.association import association
from pam_models.metrics.interval import bootstrap, percentile_interval
from pam_models.metrics.result import MetricResult
from pam_models.pose.quality_gate import SIMULATED
from tasks.ids import derive_seed
from tasks.report.data import Flag, Propagation, Relation
from tasks.report.reading import PublishedBuild
from tasks.tables.pose import POSE
from tasks.tables.table import BOOL, F32, Column

NO_QUALITY = frozenset({"fps", "source_fps", "table_height_m", "pose_is_approximate", "left_shapedirs_fixed"})
QUALITY: tuple[Column, ...] = tuple(
    column for column in POSE.columns if column.type in (F32, BOOL) and column.name not in NO_QUALITY
)
FEWEST_PER_SIDE = 2
WORDS = {
    "lifted": "not lifted",
    "held_s": "not held",
    "slip_mm": "slip",
    "penetration_mm_max": "interpenetration",
    "penetration_cm3_max": "interpenetration, volume",
    "contact_ratio": "missing contact",
    "self_penetration_mm_max": "hand in itself",
    "joint_limit_deg_max": "joints beyond their limits",
    "visible_fraction": "out of view",
}
Values = Float[np.ndarray, " N"]


def load_propagation(published: PublishedBuild) -> Propagation:
    """Reads the quality of every trajectory and the mean MPJPE of its candidates and its clips.

    Errors of pictures in which no hand was found are unknown and left out of the means. Raises StoreError or TableError
    for a part that is missing or altered.
    """
    quality = _quality(published)
    ids = quality.column("item_id").to_pylist()
    candidates = _mean_errors(published, "score-candidates", ids)
    clips = _mean_errors(published, "score-clips", ids)
    columns = {column.name: _numbers(quality.column(column.name)) for column in QUALITY}
    relations = tuple(
        Relation(
            column.name,
            column.unit,
            column.description,
            columns[column.name],
            _related(columns[column.name], candidates, published, column.name, "candidates"),
            _related(columns[column.name], clips, published, column.name, "clips"),
        )
        for column in QUALITY
        if np.isfinite(columns[column.name]).any()
    )
    return Propagation(candidates, clips, relations, flags_of(columns, clips))


def flags_of(columns: Mapping[str, Values], clip_mm: Values) -> tuple[Flag, ...]:
    """The faults that the simulation's gate names, measured on the clips of whatever was let pass.

    A trajectory is flagged where its column is known and beyond the gate's limit.
    """
    found = []
    for limit in fields(SIMULATED):
        bound = getattr(SIMULATED, limit.name)
        column, _, side = limit.name.rpartition("_at_")
        if limit.name == "lifted" and "lifted" in columns:
            found.append(_flag(WORDS["lifted"], "lifted is false", columns["lifted"] < 1.0, clip_mm))
        elif column in columns and bound is not None:
            beyond = columns[column] > bound if side == "most" else columns[column] < bound
            rule = f"{column} {'>' if side == 'most' else '<'} {bound:g}"
            found.append(_flag(WORDS.get(column, column), rule, np.isfinite(columns[column]) & beyond, clip_mm))
    return tuple(found)


def _flag(name: str, rule: str, flagged: Bool[np.ndarray, " N"], clip_mm: Values) -> Flag:
    known = np.isfinite(clip_mm)
    bad, good = clip_mm[known & flagged], clip_mm[known & ~flagged]
    means = [float(side.mean()) if len(side) else float("nan") for side in (bad, good)]
    low = high = None
    if min(len(bad), len(good)) >= FEWEST_PER_SIDE:
        seed = derive_seed(0, name, "flag")
        of_bad = bootstrap(len(bad), lambda places: float(bad[places].mean()), seed)
        of_good = bootstrap(len(good), lambda places: float(good[places].mean()), seed + 1)
        low, high = percentile_interval(of_bad - of_good) or (None, None)
    return Flag(name, rule, int(flagged.sum()), int((~flagged).sum()), means[0], means[1], low, high)


def _related(values: Values, errors: Values, published: PublishedBuild, column: str, what: str) -> MetricResult:
    return association(values, errors, "spearman", derive_seed(0, f"{published.build.build_id}/{column}", what))


def _quality(published: PublishedBuild) -> pa.Table:
    names = ("item_id", "status", *(column.name for column in QUALITY))
    tables = [t.filter(pc.equal(t.column("status"), "ok")) for t in published.tables("pose", names)]
    return pa.concat_tables(tables) if tables else pa.table({name: pa.array([], pa.string()) for name in names})


def _numbers(column: pa.ChunkedArray) -> Values:
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), np.float64)


def _mean_errors(published: PublishedBuild, step: str, ids: Sequence[str]) -> Values:
    """The mean known error of each trajectory's pictures, NaN where none is known."""
    place = {identity: index for index, identity in enumerate(ids)}
    total, count = np.zeros(len(ids)), np.zeros(len(ids))
    for table in published.tables(step, ("status", "trajectory_id", "mpjpe_mm", "detected")):
        good = table.filter(
            pc.and_(pc.equal(table.column("status"), "ok"), pc.fill_null(table.column("detected"), False))
        )
        errors = _numbers(good.column("mpjpe_mm"))
        places = np.array([place.get(t, -1) for t in good.column("trajectory_id").to_pylist()], np.int64)
        known = np.isfinite(errors) & (places >= 0)
        np.add.at(total, places[known], errors[known])
        np.add.at(count, places[known], 1)
    return np.asarray(np.divide(total, count, out=np.full(len(ids), np.nan), where=count > 0))
