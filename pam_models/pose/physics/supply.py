"""Where the physics takes its objects from: anything with names that makes an object out of a name and a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pam_models.pose.physics.objects import OBJECT_WORDS, make_object
from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.source import BadInput


class ObjectSupply(Protocol):
    """Names are listed cheaply; an object is made when it is needed."""

    def names(self) -> Sequence[str]:
        """Names in a fixed order. Raises BadInput when there are none."""
        ...

    def make(self, name: str, seed: int) -> RigidObject:
        """Make one object, the same one for the same name and seed. Raises BadInput."""
        ...


@dataclass(frozen=True)
class ProceduralObjects:
    """Objects of random size, of the kinds in `words`. Raises ValueError for unknown kinds or none."""

    words: Sequence[str] = OBJECT_WORDS

    def __post_init__(self) -> None:
        """Check the kinds."""
        unknown = [word for word in self.words if word not in OBJECT_WORDS]
        if unknown or not self.words:
            raise ValueError(f"objects must be some of {', '.join(OBJECT_WORDS)}; got {', '.join(unknown) or 'none'}")

    def names(self) -> Sequence[str]:
        """The kinds, in the order given."""
        return self.words

    def make(self, name: str, seed: int) -> RigidObject:
        """Make one object of a kind. Raises BadInput for a name that is no kind."""
        if name not in OBJECT_WORDS:
            raise BadInput(f"{name!r} is no procedural object; there are {', '.join(OBJECT_WORDS)}")
        return make_object(name, seed)
