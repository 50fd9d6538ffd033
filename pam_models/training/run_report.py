"""A training run on one page that opens from disk: losses, held-out figures over the steps, and samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pam_models.training.layout import RunLayout
from pam_models.training.recipe import TrainRecipe
from pam_models.training.validations import ValidationLog

PAGE = "report.html"
_SHEETS_SHOWN = 3


@dataclass(frozen=True)
class ModelPage:
    """What the page shows of a model; `validations` has one row of cells for each validated step."""

    name: str
    steps_done: int
    steps: int
    loss_picture: str | None
    figures: tuple[str, ...]
    validations: tuple[tuple[str, ...], ...]
    sheets: tuple[str, ...]


def write_report(layout: RunLayout, recipe: TrainRecipe) -> Path:
    """Write `report.html` into the run directory; pictures are linked, not copied. Returns its path."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    models = [_page(layout, name, recipe.loop(name).steps) for name in recipe.models]
    text = templates.get_template("run_report.html").render(recipe=recipe, models=models, digest=recipe.sha256()[:12])
    path = layout.root / PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return path


def _page(layout: RunLayout, name: str, steps: int) -> ModelPage:
    folder = layout.model(name)
    rows = ValidationLog(folder / "validations.csv").rows()
    figures = tuple(dict.fromkeys(figure for _, figure, _ in rows))
    by_step: dict[int, dict[str, float]] = {}
    for step, figure, value in rows:
        by_step.setdefault(step, {})[figure] = value
    cells = tuple(
        (str(step), *(f"{found[figure]:.4g}" if figure in found else "" for figure in figures))
        for step, found in sorted(by_step.items())
    )
    sheets = sorted((folder / "samples").glob("*.png"))[-_SHEETS_SHOWN:]
    plot = folder / "loss.png"
    return ModelPage(
        name=name,
        steps_done=_lines(folder / "losses.csv"),
        steps=steps,
        loss_picture=_relative(plot, layout.root) if plot.is_file() else None,
        figures=figures,
        validations=cells,
        sheets=tuple(_relative(sheet, layout.root) for sheet in sheets),
    )


def _lines(path: Path) -> int:
    return max(0, len(path.read_text(encoding="utf-8").splitlines()) - 1) if path.is_file() else 0


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
