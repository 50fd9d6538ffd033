"""One clip's row. Each test says which defect it would catch."""

import pytest

from tasks.build import Build
from tasks.store import Store
from tests.tasks.evaluation.conftest import SteadyEstimator, run

Made = tuple[Store, Build]


def test_only_what_was_asked_for_is_filled(made_up: Made, steady: type[SteadyEstimator]) -> None:
    """Catches numbers that nobody asked for and that cost time."""
    done = run(*made_up, "flicker", "auc")
    (part,) = list(done.evaluation.parts())
    row = part.table.to_pylist()[0]
    filled = {name for name, value in row.items() if value is not None and isinstance(value, float)}
    assert filled == {"flicker_levels", "reference_flicker_levels", "auc"}


def test_a_hand_that_is_hardly_ever_found_has_a_reason(
    made_up: Made, steady: type[SteadyEstimator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches an error that is averaged over answers about no hand."""
    monkeypatch.setattr(steady, "detection_threshold", 0.95)
    done = run(*made_up, "mpjpe", "detected")
    assert done.value("detected") == 0.0
    assert done.reason("mpjpe_mm") == "the estimator found a hand in 0% of the frames, at least half are wanted"
