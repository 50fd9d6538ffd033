"""Ray and misbehaving stages, shared with the tests of the executor."""

from tests.tasks.conftest import two_gpus
from tests.tasks.executor.conftest import moody

__all__ = ["moody", "two_gpus"]
