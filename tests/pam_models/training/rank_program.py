"""What one of two ranks does in the tests: train a line plainly and under DeepSpeed, whole and in two starts."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pam_models.training.loop import Limits, Trainer
from pam_models.training.ordering import Pool, Turn
from pam_models.training.recipe import LoopRecipe, ZeroEngine
from pam_models.training.world import World, joined_world

ITEMS = 24
RECIPE = LoopRecipe(
    steps=6, batch=2, batches_per_step=2, learning_rate=0.05, warmup_steps=1, ema_decay=0.9, sample_every=4
)
ZERO = RECIPE.model_copy(update={"engine": ZeroEngine(), "precision": "bf16", "batches_per_step": 4})


class Line:
    """Fits a line to items of a pool and remembers which it was given."""

    name = "line"

    def __init__(self, folder: Path) -> None:
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.modules: Mapping[str, nn.Module] = {"model": self.model, "frozen": self.frozen}
        self.seen: dict[int, list[str]] = {}
        self._pool = Pool(folder / "items.json")

    def prepare(self, step: int) -> None:
        self._pool.extend(step, [f"{index:02d}" for index in range(ITEMS)])

    def batch(self, turn: Turn) -> dict[str, Any]:
        items = self._pool.batch(turn, RECIPE.batch, seed=3)
        self.seen[turn.number] = items
        generator = torch.Generator()
        return {"x": torch.stack([torch.randn(4, generator=generator.manual_seed(int(item))) for item in items])}

    def losses(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
        noise = torch.randn(len(batch["x"]), 1, generator=generator)
        output = self.model(batch["x"].to(self.model[0].weight.dtype)).float()
        return {"loss": (output - batch["x"].sum(1, keepdim=True) + 0.1 * noise).square().mean()}

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        return {"step": float(step)}


def trained(folder: Path, recipe: LoopRecipe, world: World, limits: Limits) -> dict[str, Any]:
    """One start; returns what the test compares."""
    folder.mkdir(parents=True, exist_ok=True)
    task = Line(folder)
    trainer = Trainer(task, recipe, folder, world)
    outcome = trainer.run(limits)
    with trainer.averaged():
        average = [parameter.detach().float().clone() for parameter in task.model.parameters()]
    weights = [parameter.detach().float().clone() for parameter in task.model.parameters()]
    return {"weights": weights, "average": average, "seen": task.seen, "step": outcome.step, "loss": outcome.loss}


def main(folder: Path) -> None:
    """Leave `rank<n>.pt` in the folder."""
    torch.set_num_threads(1)
    with joined_world() as world:
        found: dict[str, Any] = {}
        for name, recipe in (("plain", RECIPE), ("zero", ZERO)):
            found[f"{name} whole"] = trained(folder / f"{name}-whole", recipe, world, Limits())
            trained(folder / f"{name}-parts", recipe, world, Limits(until_step=3))
            found[f"{name} parts"] = trained(folder / f"{name}-parts", recipe, world, Limits())
        torch.save(found, folder / f"rank{world.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
