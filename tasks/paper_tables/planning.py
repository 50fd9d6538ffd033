"""What a table will take: trainings, builds and clips, by the seconds that its scale states."""

from __future__ import annotations

from dataclasses import dataclass

from pam_models.training.data_recipe import SimulatedData
from pam_models.training.recipe import RecipeError, load_recipe
from tasks.errors import ConfigError
from tasks.paper_tables.request import TableRequest


@dataclass(frozen=True)
class PlanLine:
    """One thing to do, the seconds that it is expected to take, or why it cannot be done."""

    what: str
    seconds: float = 0.0
    reason: str = ""


def planned(asked: TableRequest) -> tuple[PlanLine, ...]:
    """Every training and every row's build. Nothing is looked for: what was done before takes no time again."""
    costs, table, lines = asked.scale.costs, asked.table, []
    scenes = 0
    for name in table.trainings:
        try:
            recipe = load_recipe(asked.scale.recipe, asked.training_settings(name))
            steps = recipe.loop("motion").steps
            lines.append(PlanLine(f"train {name}: {steps} steps", steps * costs.training_step_s))
            scenes = max(scenes, recipe.data.physics_scenes if isinstance(recipe.data, SimulatedData) else 0)
        except (ConfigError, RecipeError) as error:
            lines.append(PlanLine(f"train {name}", reason=str(error)))
    if scenes:
        lines.insert(0, PlanLine(f"make {scenes} scenes to train on", scenes * costs.scene_s))
    rows = table.rows if table.kind == "clips" else table.rows[:1]
    simulated: set[tuple[str, ...]] = set()
    for row in rows:
        what = f"build and measure {row.name}" if table.kind == "clips" else "build and measure"
        try:
            settings = asked.build_settings(row, ("video.weights=",) if row.training else ())
        except ConfigError as error:
            lines.append(PlanLine(what, reason=str(error)))
            continue
        if row.absent:
            lines.append(PlanLine(what, reason=row.absent))
            continue
        motion = tuple(setting for setting in settings if setting.startswith("pose."))
        trajectories = 0 if motion in simulated else asked.count
        simulated.add(motion)
        clips = asked.count * _clips_of_each(settings)
        seconds = costs.build_s + trajectories * costs.trajectory_s + clips * costs.clip_s
        lines.append(PlanLine(f"{what}: {clips} clips", seconds))
    return tuple(lines)


def _clips_of_each(settings: list[str]) -> int:
    """Clips of one trajectory, as the last setting says it; one where none does."""
    said = [setting.partition("=")[2] for setting in settings if setting.startswith("video.clips_per_trajectory=")]
    return int(said[-1]) if said and said[-1].isdigit() else 1
