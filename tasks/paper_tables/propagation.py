"""Error propagation: how faults of the motion and of first frames go together with the errors of what follows."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from pam_models.metrics.association import association
from pam_models.metrics.contrast import Contrast
from pam_models.metrics.result import MetricResult
from tasks.evaluation.shards import Evaluation
from tasks.ids import derive_seed
from tasks.paper_tables.outcome import Cell, ClaimOutcome, ColumnName, RowOutcome
from tasks.report.propagation import load_propagation

RHO = "Spearman's rho over trajectories (over clips for first frames), percentile bootstrap"
COLUMNS = (
    ColumnName("first_frame", "rho with first-frame MPJPE", "1", "none", RHO),
    ColumnName("clip", "rho with clip MPJPE", "1", "none", RHO),
    ColumnName("flicker", "rho with flicker", "1", "none", RHO),
)
FIRST_FRAME = "MPJPE of the first frame (Stage II)"
FAULTS = {
    "penetration_mm_max": ("interpenetration", 1.0),
    "contact_ratio": ("missing contact", -1.0),
    "slip_mm": ("slip", 1.0),
    "self_penetration_mm_max": ("hand in itself", 1.0),
    "jerk_m_s3": ("jerk", 1.0),
}
ONLY_FIRST_FRAMES = "flicker is compared with first frames alone"


def propagation_rows(evaluation: Evaluation) -> tuple[RowOutcome, ...]:
    """Each fault of Stage I, and the error of first frames. Raises StoreError or TableError for a lost part."""
    published = evaluation.published
    known = {relation.column: relation for relation in load_propagation(published).relations}
    rows = []
    for column, (word, sign) in FAULTS.items():
        relation = known.get(column)
        if relation is None:
            cells = {c.key: Cell(reason=f"the build does not know {column}") for c in COLUMNS}
        else:
            cells = {
                "first_frame": _cell(relation.candidates, sign),
                "clip": _cell(relation.clips, sign),
                "flicker": Cell(reason=ONLY_FIRST_FRAMES),
            }
        rows.append(RowOutcome(f"{word} (Stage I)", cells, published.build.build_id, f"by {column}"))
    first_mm, clip_mm, flicker = _pairs(evaluation)
    seed = derive_seed(0, published.build.build_id, "first frames")
    cells = {
        "first_frame": Cell(reason="is itself"),
        "clip": _cell(association(first_mm, clip_mm, "spearman", seed), 1.0),
        "flicker": _cell(association(first_mm, flicker, "spearman", seed + 1), 1.0),
    }
    rows.append(RowOutcome(FIRST_FRAME, cells, published.build.build_id))
    return tuple(rows)


def propagation_claims(rows: tuple[RowOutcome, ...]) -> tuple[ClaimOutcome, ...]:
    """Section 2.7's sentences: rho above zero."""
    by_name = {row.name: row for row in rows}
    asked = (
        ("Interpenetration of the motion goes with worse clips", "interpenetration (Stage I)", "clip"),
        ("Missing contact of the motion goes with worse clips", "missing contact (Stage I)", "clip"),
        ("Worse first frames go with worse clips", FIRST_FRAME, "clip"),
        ("Worse first frames go with more flicker", FIRST_FRAME, "flicker"),
    )
    found = []
    for says, name, column in asked:
        cell = by_name[name].cells[column]
        if cell.value is None:
            found.append(ClaimOutcome(says, "rho", reason=cell.reason))
        else:
            found.append(
                ClaimOutcome(says, "rho", Contrast(cell.value, cell.low, cell.high, None, cell.n, paired=True))
            )
    return tuple(found)


def _cell(result: MetricResult, sign: float) -> Cell:
    if result.value is None:
        return Cell(n=result.n, reason=result.reason or "")
    ends = [sign * end for end in (result.low, result.high) if end is not None]
    low, high = (min(ends), max(ends)) if ends else (None, None)
    return Cell(sign * result.value, low, high, result.n)


def _pairs(evaluation: Evaluation) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """First-frame MPJPE, clip MPJPE (mm) and flicker (grey levels) of every measured clip."""
    of_candidate: dict[str, float] = {}
    for table in evaluation.published.tables("score-candidates", ("target_id", "mpjpe_mm", "detected")):
        for row in table.to_pylist():
            if row["detected"] and row["mpjpe_mm"] is not None:
                of_candidate[row["target_id"]] = float(row["mpjpe_mm"])
    candidate_of = {clip.clip_id: clip.candidate_id for clip in evaluation.clips}
    found = []
    for part in evaluation.parts(("parent_id", "status", "mpjpe_mm", "flicker_levels")):
        for row in part.table.to_pylist():
            if row["status"] == "ok":
                first = of_candidate.get(candidate_of.get(row["parent_id"], ""), np.nan)
                found.append([first, *(np.nan if row[k] is None else row[k] for k in ("mpjpe_mm", "flicker_levels"))])
    numbers = np.array(found, np.float64).reshape(-1, 3)
    return numbers[:, 0], numbers[:, 1], numbers[:, 2]
