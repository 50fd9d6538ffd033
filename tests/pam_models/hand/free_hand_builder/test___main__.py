import runpy
from pathlib import Path

import numpy as np
import pytest

from pam_models.hand.free_hand import FREE_HAND_FILE
from pam_models.hand.free_hand_builder import build


def test_command_writes_the_file_that_the_loader_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a builder that writes elsewhere."""
    written: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(build, "build_arrays", lambda: {"weights": np.zeros(1)})
    monkeypatch.setattr(np, "savez_compressed", lambda path, **arrays: written.append((path, list(arrays))))
    runpy.run_module("pam_models.hand.free_hand_builder", run_name="__main__")
    assert written == [(FREE_HAND_FILE, ["weights"])]
