"""What a set of weights was made from, measured and not remembered: metadata for the zoo and a part of the model
card.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

_TOGETHER = (
    "Base, control branch and word encoder were trained together: at this size there is no pretrained base to freeze, "
    "as the paper does."
)
CARD_HEADING = """# The demo's weights

Small models of the paper's classes at 96 x 144 pixels and 49 frames, trained by this project's own code
(`pam train --profile demo`) on clips that this project simulates and renders: free hand, procedural objects, MuJoCo
motion. Apache-2.0. They show the pipeline and its measurements; they say nothing about the published weights. Held-out
figures are on scenes that no model was trained on; `_true_` figures are the estimator on the renderer's own frames.
The codec is no AutoencoderKLCogVideoX but principal components (docs/adr/0004), and the finisher, which goes over the
motion model's clips, is no part of the paper (docs/adr/0070).
"""
NOT_PRETRAINED = {
    "motion": _TOGETHER,
    "appearance": _TOGETHER,
    "finisher": "Learns from the motion model's clips beside the renderer's; `draft_` figures are of those clips as "
    "they come.",
    "estimator": "Trained on rendered hands alone, never on generated pictures, since it judges those.",
    "autoencoder": "Trained on rendered pictures and on condition pictures.",
}


@dataclass(frozen=True)
class TrainingRecord:
    """The facts of one model's training."""

    model: str
    recipe: str
    recipe_sha256: str
    data: Mapping[str, int]
    parameters: int
    steps: int
    declared_steps: int
    batch: int
    seconds: float
    figures: Mapping[str, float]

    def metadata(self) -> dict[str, str]:
        """Strings that go into the weights' file."""
        return {
            "recipe": self.recipe,
            "recipe_sha256": self.recipe_sha256,
            "data": json.dumps(dict(self.data), sort_keys=True),
            "steps": f"{self.steps} of {self.declared_steps}, batch {self.batch}",
            "seconds": f"{self.seconds:.0f}",
            "hardware": hardware(),
            "held_out": json.dumps({name: round(value, 4) for name, value in self.figures.items()}, sort_keys=True),
        }

    def markdown(self) -> str:
        """A section of the model card."""
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.data.items())
        lines = [
            f"### {self.model}",
            "",
            f"- parameters: {self.parameters / 1e6:.2f} M",
            f"- data: {counts}; scenes from this project's physics, and kinematic ones (random hand motion near an "
            "object, no grasp) where counted as such; all rendered by this project",
            f"- training: {self.steps} of {self.declared_steps} declared steps, batch {self.batch}, "
            f"{self.seconds / 60:.1f} minutes on {hardware()}",
            f"- recipe: {self.recipe} ({self.recipe_sha256[:12]})",
            f"- {NOT_PRETRAINED[self.model]}",
            "",
            "| held-out figure | value |",
            "|---|---|",
            *(f"| {name} | {value:.4g} |" for name, value in self.figures.items()),
            "",
        ]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write the section."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.markdown(), encoding="utf-8")


def write_model_card(sections: Sequence[Path], path: Path) -> None:
    """Put the sections that exist under one heading: the card that lies beside the weights."""
    found = [section.read_text(encoding="utf-8") for section in sections if section.is_file()]
    path.write_text("\n".join([CARD_HEADING, *found]), encoding="utf-8")


def hardware() -> str:
    """The processor and the threads that trained."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    return f"{model}, {torch.get_num_threads()} threads, torch {torch.__version__}"
