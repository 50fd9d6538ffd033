"""What a source of trajectories is, and the two ways in which it says no."""

from dataclasses import dataclass
from typing import Protocol

from pam_models.hand.model import HandModel
from pam_models.pose.trajectory import Trajectory


class TrajectoryRejected(Exception):  # noqa: N818 (the name is the message's first word)
    """A trajectory was made but is not good enough; the message says in what."""


class BadInput(Exception):  # noqa: N818
    """The input cannot be read as what it should be; the message names the file and what would be right."""


@dataclass(frozen=True)
class PoseRequest:
    """One trajectory to make: `key` is stable and unique within its source."""

    key: str
    seed: int


class PoseSource(Protocol):
    """A source lists requests cheaply and turns each one into one trajectory."""

    def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
        """Return `count` requests (all there are for None), the same ones for the same seed."""
        ...

    def trajectory(self, request: PoseRequest, hand: HandModel, frames: int, width: int, height: int) -> Trajectory:
        """Make one trajectory. Raises `TrajectoryRejected` or `BadInput`."""
        ...
