"""Claims on made-up rows. Each test names the defect that it catches."""

from tasks.paper_tables.claims import judged
from tasks.paper_tables.definition import Claim
from tests.tasks.paper_tables.made_up import row

BETTER = Claim(says="good is better", contrast={"good": 1, "bad": -1}, metrics=("mpjpe", "psnr", "fvd"))


def test_less_error_and_more_psnr_both_count_as_better() -> None:
    """Catches a sign that is the same for errors and for similarities."""
    values = {"good": row(1, mpjpe=20, psnr=30, shift=0.1), "bad": row(2, mpjpe=22, psnr=29, shift=0.5)}
    found = {outcome.metric: outcome for outcome in judged([BETTER], values, 0)}
    assert {outcome.verdict for outcome in found.values()} == {"holds"}
    assert found["mpjpe"].contrast is not None and 1.5 < found["mpjpe"].contrast.value < 2.5
    fvd = found["fvd"].contrast
    assert fvd is not None and abs(fvd.value - 4 * (0.25 - 0.01)) < 1e-4 and fvd.p is not None
    swapped = judged([BETTER], {"good": values["bad"], "bad": values["good"]}, 0)
    assert {outcome.verdict for outcome in swapped} == {"the other way round"}


def test_other_trajectories_are_not_paired() -> None:
    """Catches clips of different motions that are subtracted from one another."""
    values = {"good": row(1, mpjpe=20, psnr=30), "bad": row(2, mpjpe=60, psnr=0, first=100)}
    mpjpe, psnr, fvd = judged([BETTER], values, 0)
    assert mpjpe.contrast is not None and not mpjpe.contrast.paired and mpjpe.verdict == "holds"
    assert psnr.verdict == "holds" and "in common" in fvd.reason


def test_a_missing_row_is_said() -> None:
    """Catches a claim that silently disappears."""
    (outcome, *_) = judged([BETTER], {"good": row(1, mpjpe=20, psnr=30)}, 0)
    assert outcome.verdict == "not tested" and "'bad'" in outcome.reason
