"""What the benchmark of held-out clips compares, and when it says that a goal is reached."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
GOOD = {"psnr_gain_db": 6.0, "psnr_gain_moving_db": 7.0, "psnr_moving_db": 25.0, "mpjpe_ratio": 1.2, "fidelity": 0.7}


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("held_out_clips")


def table_of(benchmark: ModuleType) -> dict[str, dict[str, float]]:
    """Every case a little worse than the one before."""
    names = (*benchmark.ONE_BY_ONE, "no finisher", "no finisher noisy", "unmasked", "unmasked noisy")
    return {
        name: {**GOOD, "psnr_moving_db": 25.0 - place, "mpjpe_mm": 10.0 + place} for place, name in enumerate(names)
    }


def test_cases_are_named_after_what_the_model_is_given(benchmark: ModuleType) -> None:
    """Catches a row of the paper's three conditions that has normals too, and one that is given what it leaves out."""
    own = ("depth", "segmentation", "keypoints")
    clean = {kind: np.zeros(1) for kind in (*own, "normal")}
    cases = benchmark.cases(clean, own)
    assert set(benchmark.ONE_BY_ONE) <= set(cases)
    assert cases.pop("all").keys() == clean.keys() and not cases.pop("none")
    assert all("+".join(given) == name for name, given in cases.items())
    assert len(cases) == 7 and not any("normal" in given for given in cases.values())


def test_goals_are_told_from_the_figures(benchmark: ModuleType) -> None:
    """Catches a goal that is reached by whatever figures there are."""
    table = table_of(benchmark)
    assert not benchmark.reached(table)["noise costs the masked model less PSNR"]
    table["unmasked noisy"]["psnr_moving_db"] -= 1.0
    assert all(benchmark.reached(table).values())
    for key, spoiled in (("psnr_gain_db", 3.9), ("psnr_gain_moving_db", 3.9), ("mpjpe_ratio", 1.31), ("fidelity", 0.5)):
        worse = {**table, "all": {**table["all"], key: spoiled}}
        assert sum(not met for met in benchmark.reached(worse).values()) == 1, key
    swapped = {**table, "depth": table["none"], "none": table["depth"]}
    assert not benchmark.reached(swapped)[f"falls in order: {', '.join(benchmark.ONE_BY_ONE)}"]
