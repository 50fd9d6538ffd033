"""Stages that misbehave on purpose, made inside a function so that Ray sends them by value."""

from collections.abc import Callable
from typing import Any

import pytest

from tasks.stage import Item


def items_of(*keys: str) -> list[Item]:
    return [Item(f"id-{key}", "", key, 0) for key in keys]


@pytest.fixture(scope="session")
def moody() -> Callable[[], Any]:
    """A stage that does what an item's key says: raise, exit, hang, need memory, blame the store, or answer with it."""

    class Moody:
        name = "moody"

        def setup(self) -> None:
            import os

            self.process, self.batches = os.getpid(), 0

        def infer(self, items: list[Item]) -> list[Any]:
            import os
            import time

            from tasks.errors import StoreError

            self.batches += 1
            if len(items) > 2 and items[0].key.startswith("big"):
                raise RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")
            for item in items:
                if item.key.startswith("huge"):
                    raise MemoryError
                if item.key.startswith("raise"):
                    raise ValueError(f"bad\n{item.key}")
                if item.key.startswith("exit"):
                    os._exit(1)
                if item.key.startswith("hang"):
                    time.sleep(60)
                if item.key.startswith("store"):
                    raise StoreError("the store is gone")
                if item.key.startswith("slow"):
                    time.sleep(0.3)
            if items[0].key == "short":
                return []
            return [
                {"key": item.key, "process": self.process, "size": len(items), "batch": self.batches} for item in items
            ]

        def close(self) -> None:
            pass

    return Moody
