"""SimpleHand's official code from outside, with a checkout that only pretends. Each test names its defect."""

import json
import sys
from pathlib import Path

import pytest

from pam_models.downstream.mixing import Mix
from pam_models.downstream.simplehand import (
    NEEDED,
    SimpleHandError,
    check_checkout,
    mixed_list,
    read_list,
    run_official,
    working_copy,
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "simpleHand"
    (folder / "dataset").mkdir(parents=True)
    for name in NEEDED:
        (folder / name).write_text("import json; print('aligned', len(json.load(open('dataset/train.json'))))\n")
    (folder / "dataset" / "eval.json").write_text("[]")
    (folder / "dataset" / "train.json").write_text('["own.jpg"]')
    return folder


def test_it_is_refused_without_the_users_checkout(tmp_path: Path) -> None:
    """Catches a long run that ends in an import error."""
    with pytest.raises(SimpleHandError, match=r"has no train\.py; give a checkout"):
        check_checkout(tmp_path)
    with pytest.raises(SimpleHandError, match="JSON list"):
        (tmp_path / "list.json").write_text("{}")
        read_list(tmp_path / "list.json")


def test_each_mix_trains_in_a_copy_and_the_checkout_stays(checkout: Path, tmp_path: Path) -> None:
    """Catches the user's own list overwritten, and a run that is done twice."""
    check_checkout(checkout)
    copy = working_copy(checkout, tmp_path / "mix", ["a.jpg", "b.jpg"])
    command = f"{sys.executable} train.py"
    assert run_official(copy, [command]) == ["aligned 2"]
    (copy / "dataset" / "train.json").write_text("[]")
    assert run_official(copy, [command]) == ["aligned 2"]
    assert json.loads((checkout / "dataset" / "train.json").read_text()) == ["own.jpg"]
    with pytest.raises(SimpleHandError, match="exit code"):
        run_official(working_copy(checkout, tmp_path / "bad", []), [f"{sys.executable} nothing.py"])


def test_a_list_is_long_enough_for_the_official_trainer() -> None:
    """Catches the StopIteration of up to 8,160 pictures, and a share that is taken of the synthetic ones too."""
    pictures = mixed_list(Mix(0.5, with_synthetic=True), ["r1", "r2", "r3", "r4"], ["s1"])
    assert len(pictures) > 8160 and len(set(pictures)) == 3 and "s1" in pictures
