"""An unpickler that knows the names it is given and refuses all others before they are looked up."""

import pickle
from collections.abc import Mapping
from typing import IO

# (module, name) in the stream -> what stands for it; never the thing that the file asks for, unless that is harmless.
AllowedNames = Mapping[tuple[str, str], object]

_DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    MemoryError,
    UnicodeError,
    RuntimeError,
)


class BadPickle(ValueError):  # noqa: N818  (the name is the message's first words)
    """A pickle is damaged, or asks for something that is not on its reader's list."""


class _RestrictedUnpickler(pickle.Unpickler):
    def __init__(self, stream: IO[bytes], allowed: AllowedNames) -> None:
        # latin1 is what turns the byte strings of Python 2's pickles into arrays again.
        super().__init__(stream, encoding="latin1")
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> object:
        found = self._allowed.get((module, name))
        if found is None:
            raise BadPickle(f"the pickle asks for {module}.{name}; only data is read, nothing is run")
        return found

    def persistent_load(self, pid: object) -> object:
        raise BadPickle(f"the pickle refers to {str(pid)[:40]!r} outside of itself; only data within it is read")


def unpickle(stream: IO[bytes], allowed: AllowedNames) -> object:
    """The object in a stream, made of plain Python values and what `allowed` puts in the place of names.

    Raises:
        BadPickle: a name that is not allowed, or data that is no whole pickle. The message is one line.
    """
    try:
        return _RestrictedUnpickler(stream, allowed).load()
    except BadPickle:
        raise
    except _DAMAGED as error:
        raise BadPickle(f"not a readable pickle ({' '.join(str(error).split()) or type(error).__name__})") from error
