"""Mixes of two domains. Each test names the defect that it catches."""

from itertools import pairwise
from pathlib import Path

import pytest

from pam_models.downstream.mixing import Mix, chosen_scenes, lay_out, mixes
from pam_models.training.frame_store import block_names, load_block, save_block
from pam_models.training.layout import RunLayout
from tests.pam_models.training.conftest import made_up_block


@pytest.fixture
def domains(tmp_path: Path) -> tuple[RunLayout, RunLayout]:
    real, synthetic = RunLayout(tmp_path / "real"), RunLayout(tmp_path / "synthetic")
    for index in range(4):
        save_block(real.pictures, f"train-pictures-{index}", made_up_block(index, 2, f"r{index}"))
        save_block(synthetic.pictures, f"train-pictures-{index}", made_up_block(10 + index, 2, f"s{index}"))
    save_block(real.pictures, "held-pictures-9", made_up_block(9, 2, "r9"))
    return real, synthetic


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    """Catches a curve whose steps are other scenes and not more of them."""
    names = [f"n{number}" for number in range(10)]
    shares = [chosen_scenes(names, fraction) for fraction in (0.25, 0.5, 0.75, 1.0)]
    assert [len(share) for share in shares] == [3, 5, 8, 10]
    assert all(set(small) < set(large) for small, large in pairwise(shares))


def test_test_scenes_are_real_and_never_trained_on(domains: tuple[RunLayout, RunLayout], tmp_path: Path) -> None:
    """Catches synthetic pictures in the test, names that overwrite one another, and held-out scenes in training."""
    run = lay_out(Mix(0.5, with_synthetic=True), *domains, tmp_path / "runs")
    names = block_names(run.pictures)
    assert [name for name in names if name.startswith("held")] == ["held-pictures-9"]
    assert len([name for name in names if name.startswith("train")]) == 2 + 4
    scenes = {load_block(run.pictures, name).scenes[0] for name in names if name.startswith("train")}
    assert "r9" not in scenes and {"s0", "s1", "s2", "s3"} < scenes
    alone = lay_out(Mix(1.0, with_synthetic=False), *domains, tmp_path / "runs")
    assert len(block_names(alone.pictures)) == 5


def test_an_empty_domain_is_one_line(domains: tuple[RunLayout, RunLayout], tmp_path: Path) -> None:
    """Catches a curve 'with synthetic' that has none."""
    with pytest.raises(ValueError, match="no synthetic picture"):
        lay_out(Mix(0.5, with_synthetic=True), domains[0], RunLayout(tmp_path / "empty"), tmp_path / "runs")
    with pytest.raises(ValueError, match="no real scene"):
        chosen_scenes([], 0.5)
    assert [mix.name for mix in mixes([1.0])] == ["100 % real", "100 % real + synthetic"]
