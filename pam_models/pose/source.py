"""What a source of trajectories is, and the two ways in which it says no."""

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pam_models.hand.model import HandModel
from pam_models.pose.trajectory import Trajectory
from pam_models.pose.trajectory_quality import TrajectoryQuality


class TrajectoryRejected(Exception):  # noqa: N818 (the name is the message's first word)
    """A trajectory was made but is not good enough; the message says in what, `quality` what was measured."""

    def __init__(self, reason: str, quality: TrajectoryQuality | None = None) -> None:
        super().__init__(reason)
        self.quality = quality


class BadInput(Exception):  # noqa: N818
    """The input cannot be read as what it should be; the message names the file and what would be right."""


@dataclass(frozen=True)
class PoseRequest:
    """One trajectory to make: `key` is stable and unique within its source; `side` is the hand to make it with."""

    key: str
    seed: int
    side: str = "right"


def request_seed(seed: int, key: str) -> int:
    """The seed of a request: the same for the same key, whatever else its source holds."""
    state = np.random.SeedSequence([seed, zlib.crc32(key.encode())]).generate_state(1, np.uint64)
    return int(state[0] >> 1)


class PoseSource(Protocol):
    """A source lists requests cheaply and turns each one into one trajectory."""

    def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
        """Return `count` requests (all there are for None), the same ones for the same seed."""
        ...

    def trajectory(self, request: PoseRequest, hand: HandModel, frames: int, width: int, height: int) -> Trajectory:
        """Make one trajectory. Raises `TrajectoryRejected` or `BadInput`."""
        ...
