"""Conditions on frames."""

import pyarrow as pa
import pytest

from pam_models.readers.errors import EmptySelectionError
from pam_models.readers.selection import Selection, Tally

ROWS = pa.table(
    {
        "split": ["train", "val", "train"],
        "side": ["right", "left", "left"],
        "detected": [True, False, None],
        "mpjpe_mm": [5.0, None, 25.0],
        "error_2d_px": [1.0, None, 9.0],
        "joints_in_image": [21, 3, 12],
        "object_name": ["mug", "mug", "can"],
        "clip_id": ["a", "b", "c"],
    }
)


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        (Selection(), [True, True, True]),
        (Selection(split="train"), [True, False, True]),
        (Selection(detected=False), [False, True, False]),
        (Selection(max_mpjpe_mm=25.0), [True, False, True]),
        (Selection(max_error_2d_px=5.0), [True, False, False]),
        (Selection(min_joints_in_image=12), [True, False, True]),
        (Selection(objects=("can", "box"), side="left"), [False, False, True]),
    ],
)
def test_conditions(selection: Selection, kept: list[bool]) -> None:
    """Catches strict bounds, and unknown values that count as good."""
    assert Tally(selection).keep(ROWS).tolist() == kept


def test_a_last_condition_that_leaves_some_over_parts_is_no_error() -> None:
    """Catches one empty part taken for an empty build."""
    tally = Tally(Selection(side="right"))
    tally.keep(ROWS.slice(1))
    with pytest.raises(EmptySelectionError, match=r"of 2 labelled frames \(train 1, val 1\); side='right' leaves 0"):
        tally.refuse_nothing("here")
    tally.keep(ROWS.slice(0, 1))
    tally.refuse_nothing("here")


@pytest.mark.parametrize("wrong", [{"split": "valid"}, {"side": "both"}])
def test_names_that_do_not_exist(wrong: dict[str, str]) -> None:
    """Catches a misspelt split that selects nothing for an hour."""
    with pytest.raises(ValueError, match="no such"):
        Selection(**wrong)  # type: ignore[arg-type]
