"""Mixes of real and synthetic pictures: run directories whose picture blocks are links to those of two domains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pam_models.training.frame_store import block_names
from pam_models.training.layout import HELD_OUT, TRAIN, RunLayout
from pam_models.training.scenes import stable_seed

ENDINGS = (".frames.npy", ".labels.npz")
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Mix:
    """A share of the real scenes, with all of the synthetic ones or none."""

    fraction: float
    with_synthetic: bool

    @property
    def name(self) -> str:
        """As tables show it."""
        return f"{100 * self.fraction:g} % real" + (" + synthetic" if self.with_synthetic else "")

    @property
    def folder(self) -> str:
        """The name of its run directory."""
        return f"real-{100 * self.fraction:g}" + ("-synthetic" if self.with_synthetic else "")


def mixes(fractions: Sequence[float]) -> tuple[Mix, ...]:
    """Every fraction without and with synthetic pictures."""
    return tuple(Mix(fraction, with_synthetic) for fraction in fractions for with_synthetic in (False, True))


def chosen_scenes(names: Sequence[str], fraction: float) -> list[str]:
    """A share of the blocks, rounded up; a smaller share is part of every larger one, whatever other blocks there
    are. Raises ValueError without blocks.
    """
    if not names:
        raise ValueError("there is no real scene to train on: the build needs more trajectories")
    ordered = sorted(names, key=lambda name: (stable_seed("downstream", name), name))
    return sorted(ordered[: math.ceil(fraction * len(ordered))])


def lay_out(mix: Mix, real: RunLayout, synthetic: RunLayout, root: Path) -> RunLayout:
    """The run directory of a mix. Training blocks and the real held-out blocks are links; nothing is copied.

    Raises ValueError where a domain has nothing to give.
    """
    run = RunLayout(root / mix.folder)
    run.pictures.mkdir(parents=True, exist_ok=True)
    for name in chosen_scenes(block_names(real.pictures, TRAIN), mix.fraction):
        _link(real.pictures, name, run.pictures, name)
    held_out = block_names(real.pictures, HELD_OUT)
    if not held_out:
        raise ValueError("no real scene is held out for the test: the build needs more trajectories")
    for name in held_out:
        _link(real.pictures, name, run.pictures, name)
    if mix.with_synthetic:
        generated = block_names(synthetic.pictures)
        if not generated:
            raise ValueError("there is no synthetic picture: the build has no finished clip")
        for name in generated:
            _link(synthetic.pictures, name, run.pictures, f"{TRAIN}-{SYNTHETIC}-{name}")
    return run


def _link(source: Path, name: str, target: Path, new_name: str) -> None:
    for ending in ENDINGS:
        path = target / f"{new_name}{ending}"
        if not path.exists():
            path.symlink_to((source / f"{name}{ending}").resolve())
