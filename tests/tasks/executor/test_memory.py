"""Running out of memory."""

import pytest

from tasks.executor.memory import free_memory, ran_out_of_memory, says_so


class OutOfMemoryError(RuntimeError):
    """Named as torch and Ray name theirs."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("x"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA Out of Memory. Tried"),
    ],
)
def test_what_says_that_memory_ran_out(error: Exception) -> None:
    """Catches a batch that is too large and is taken for a bad item."""
    assert ran_out_of_memory(error)
    wrapped = ValueError("cannot paint")
    wrapped.__cause__ = error
    assert ran_out_of_memory(wrapped)


@pytest.mark.parametrize("error", [ValueError("out of memory of man"), RuntimeError("shape"), KeyError("memory")])
def test_what_does_not(error: Exception) -> None:
    """Catches bad items that halve everybody's batches."""
    assert not ran_out_of_memory(error)


def test_rays_own_words() -> None:
    """Catches a worker that the machine's memory monitor ended and that is blamed on its item."""
    assert says_so("The actor died because its node was running low on memory")
    free_memory()
