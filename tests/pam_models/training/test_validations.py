"""The held-out figures on disk."""

from pathlib import Path

from pam_models.training.validations import ValidationLog


def test_a_step_is_measured_once_and_later_ones_are_forgotten(tmp_path: Path) -> None:
    """Catches a table with two values for one step, and figures of steps that are trained again."""
    log = ValidationLog(tmp_path / "validations.csv")
    assert log.rows() == []
    log.append(10, {"psnr_db": 20.0})
    log.append(20, {"psnr_db": 21.0, "mpjpe_mm": 40.0})
    log.append(20, {"psnr_db": 22.0})
    assert log.rows() == [(10, "psnr_db", 20.0), (20, "psnr_db", 22.0)]
    log.forget_from(15)
    assert log.rows() == [(10, "psnr_db", 20.0)]
