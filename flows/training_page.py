"""A training run on its flow run's page in Prefect: a bar for each model, then losses, held-out figures and samples."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact

from flows.page import RunLogger
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import TrainRecipe
from pam_models.training.validations import ValidationLog

MOST_PICTURE_BYTES = 1_500_000


class TrainingPage:
    """The artifacts of one flow run; a page that cannot be written never stops a training."""

    def __init__(self, out: Path, log: RunLogger) -> None:
        self._layout = RunLayout(out)
        self._log = log
        self._bars: dict[str, UUID] = {}

    def move(self, model: str, step: int, steps: int, loss: float) -> None:
        """Move a model's bar, making it first."""
        try:
            self._move(model, 100.0 * step / steps, f"{model}: step {step} of {steps}, loss {loss:.4g}")
        except Exception as error:  # noqa: BLE001  the page is a convenience; the training is not
            self._log.warning("the progress on Prefect's page could not be written: %s", error)

    def summarise(self, recipe: TrainRecipe, lines: Mapping[str, str], report: str) -> None:
        """Put what each stage came to, the figures and the pictures on the page."""
        try:
            text = summary_markdown(self._layout, recipe, lines, report)
            create_markdown_artifact(markdown=text, key="pam-training", description=f"Training {recipe.name}")
        except Exception as error:  # noqa: BLE001  see above
            self._log.warning("the summary on Prefect's page could not be written: %s", error)

    def _move(self, model: str, percent: float, text: str) -> None:
        bar = self._bars.get(model)
        if bar is None:
            made = create_progress_artifact(progress=percent, key=f"pam-training-{model}", description=text)
            assert isinstance(made, UUID)
            self._bars[model] = made
        else:
            update_progress_artifact(artifact_id=bar, progress=percent, description=text)


def summary_markdown(layout: RunLayout, recipe: TrainRecipe, lines: Mapping[str, str], report: str) -> str:
    """A training run in one page of Markdown; pictures stand in it as data, for a page cannot reach the folder."""
    text = [f"# Training `{recipe.name}`", "", f"Report: `{report}`", ""]
    text += [f"- {line}" for line in lines.values() if line] + [""]
    for model in recipe.models:
        folder = layout.model(model)
        pictures = [folder / "loss.png", *sorted((folder / "samples").glob("*.png"))[-1:]]
        shown = [_picture(path) for path in pictures if path.is_file() and path.stat().st_size < MOST_PICTURE_BYTES]
        figures = _last_figures(folder / "validations.csv")
        if shown or figures:
            text += [f"## {model}", "", *figures, *shown, ""]
    return "\n".join(text) + "\n"


def _last_figures(path: Path) -> list[str]:
    rows = ValidationLog(path).rows()
    if not rows:
        return []
    last = rows[-1][0]
    table = [f"| {figure} | {value:.4g} |" for step, figure, value in rows if step == last]
    return [f"| held out, step {last} | |", "|---|---:|", *table, ""]


def _picture(path: Path) -> str:
    return f"![{path.stem}](data:image/png;base64,{b64encode(path.read_bytes()).decode()})"
