"""A fixed number of threads, for results whose bytes must not depend on where they were computed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def fixed_threads(count: int = 1) -> Iterator[None]:
    """Run torch on `count` CPU threads within the block and restore the former number after it.

    Matrix products split among another number of threads round differently, so a clip made in one process with two
    threads and one made in an actor with a single one would differ in their last bits. One thread a process, with as
    many processes as cores, is also the faster way to fill a machine.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
