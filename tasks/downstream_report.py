"""The downstream experiment as a table, with the paper's numbers beside it, and as the curve that the paper lacks."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from pam_models.downstream.measuring import UnseenErrors
from pam_models.downstream.mixing import Mix
from pam_models.downstream.recipe import DownstreamRecipe
from pam_models.metrics.contrast import paired_contrast
from pam_models.metrics.result import MetricResult
from tasks.ids import derive_seed
from tasks.paper_tables.outcome import Cell, ClaimOutcome, ColumnName, RowOutcome, TableOutcome
from tasks.paper_tables.plot import EDGE, MEASURED
from tasks.paper_tables.writing import markdown, write_table

COLUMNS = (
    ColumnName(
        "pa_mpjpe", "PA-MPJPE", "mm", "lower", "Unseen scenes of the real domain; mean over pictures, then scenes"
    ),
    ColumnName("pa_mpvpe", "PA-MPVPE", "mm", "lower", "The same for the mesh"),
)
PAPER = {
    (0.25, True): (6.1, 6.0), (0.5, True): (5.5, 5.5), (0.75, True): (5.3, 5.3), (1.0, True): (5.3, 5.3),
    (1.0, False): (5.5, 5.5),
}  # fmt: skip
SOURCE = "main paper, Fig. 7, read off its grid (SimpleHand on DexYCB, ±0.05 mm); real shares alone are not shown there"
STAND_IN = (
    "No real pictures here: the project's renderer stands in for the camera and its diffusion models, with looks of "
    "their own, for the generator. The numbers say nothing about real hands."
)


def written_outcome(
    recipe: DownstreamRecipe, found: Mapping[Mix, UnseenErrors], folder: Path
) -> tuple[dict[str, str], str]:
    """Write the table and the curve; gives where everything is, and the Markdown."""
    rows = tuple(_row(mix, errors) for mix, errors in found.items())
    claims = _claims(found)
    notes = (
        STAND_IN,
        f"{recipe.network.steps} steps for every mix; the same scenes of a smaller share are in larger ones.",
    )
    table = TableOutcome(
        "downstream",
        "Hand-pose network on real and synthetic pictures",
        SOURCE,
        recipe.name,
        COLUMNS,
        rows,
        claims,
        notes,
    )
    files = write_table(table, folder)
    curve = folder / f"table-downstream-{recipe.name}-curve.png"
    curve.write_bytes(curve_png(found))
    return {**files, "curve": str(curve)}, markdown(table)


def simplehand_outcome(said: Mapping[Mix, Sequence[str]]) -> TableOutcome:
    """What the official evaluation printed for every mix, quoted: its figures are its own."""
    reason = "quoted in the notes, as the official evaluation prints it"
    cells = {
        mix: {column.key: Cell(reason=reason, paper=_paper(mix, column.key)) for column in COLUMNS} for mix in said
    }
    rows = tuple(
        RowOutcome(mix.name, cells[mix], note="; ".join(lines) or "printed no figure") for mix, lines in said.items()
    )
    return TableOutcome("downstream", "SimpleHand on real and synthetic pictures", SOURCE, "simplehand", COLUMNS, rows)


def curve_png(found: Mapping[Mix, UnseenErrors]) -> bytes:
    """PA-MPJPE over the share of real scenes, with and without synthetic pictures, with intervals; PNG bytes."""
    matplotlib.use("Agg")
    figure = Figure(figsize=(5.4, 3.6), layout="constrained", dpi=110)
    axes = figure.subplots()
    for with_synthetic, colour in ((False, EDGE), (True, MEASURED)):
        shown = [
            (mix.fraction, _result(mix, errors))
            for mix, errors in found.items()
            if mix.with_synthetic == with_synthetic
        ]
        values = np.array([result.value for _, result in shown], np.float64)
        reach = np.array(
            [[value - (r.low or value), (r.high or value) - value] for value, (_, r) in zip(values, shown, strict=True)]
        )
        axes.errorbar(
            [100 * fraction for fraction, _ in shown], values, yerr=np.maximum(reach.T, 0.0), color=colour, marker="o",
            capsize=3, label="with synthetic" if with_synthetic else "real alone",
        )  # fmt: skip
    axes.set(xlabel="share of the real scenes (%)", ylabel="PA-MPJPE (mm)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    sink = io.BytesIO()
    figure.savefig(sink, format="png", metadata={"Software": ""})
    return sink.getvalue()


def _row(mix: Mix, errors: UnseenErrors) -> RowOutcome:
    joints, mesh = _result(mix, errors), errors.pa_mpvpe()
    cells = {
        "pa_mpjpe": Cell(joints.value, joints.low, joints.high, joints.n, joints.reason or "", _paper(mix, "pa_mpjpe")),
        "pa_mpvpe": Cell(n=mesh.n, reason=mesh.reason or "", paper=_paper(mix, "pa_mpvpe")),
    }
    return RowOutcome(mix.name, cells)


def _claims(found: Mapping[Mix, UnseenErrors]) -> tuple[ClaimOutcome, ...]:
    """Whether synthetic pictures make the error smaller, at each share, over the same unseen scenes."""
    claims = []
    for mix, errors in found.items():
        other = found.get(Mix(mix.fraction, with_synthetic=True))
        if mix.with_synthetic or other is None:
            continue
        scenes = sorted(errors.of_scene_mm)
        quality = -np.array([[one.of_scene_mm[scene] for scene in scenes] for one in (other, errors)])
        contrast = paired_contrast(quality, np.array([1.0, -1.0]), derive_seed(0, mix.name, "gain"))
        claims.append(ClaimOutcome(f"Synthetic pictures help at {mix.name}", "pa_mpjpe", contrast))
    return tuple(claims)


def _result(mix: Mix, errors: UnseenErrors) -> MetricResult:
    return errors.pa_mpjpe(derive_seed(0, mix.name, "pa_mpjpe"))


def _paper(mix: Mix, column: str) -> float | None:
    known = PAPER.get((mix.fraction, mix.with_synthetic))
    return None if known is None else known[0 if column == "pa_mpjpe" else 1]
