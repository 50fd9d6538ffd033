"""The page of a run."""

from pathlib import Path

from pam_models.training.layout import RunLayout
from pam_models.training.loss_log import LossLog
from pam_models.training.recipe import load_recipe
from pam_models.training.run_report import write_report
from pam_models.training.sheets import loss_plot
from pam_models.training.validations import ValidationLog


def test_the_page_links_pictures_that_are_there(tmp_path: Path) -> None:
    """Catches links that leave the folder, and figures under the wrong step."""
    layout = RunLayout(tmp_path)
    folder = layout.model("motion")
    log = LossLog(folder / "losses.csv")
    for step in range(3):
        log.append({"step": step, "loss": 1.0 / (step + 1)})
    loss_plot(log.path, folder / "loss.png")
    ValidationLog(folder / "validations.csv").append(2, {"psnr_db": 21.5})
    text = write_report(layout, load_recipe("demo")).read_text(encoding="utf-8")
    assert 'src="motion/loss.png"' in text and (tmp_path / "motion/loss.png").is_file()
    assert "<td>2</td><td>21.5</td>" in text and "3 of " in text
    assert text.count("<h2>") == 5
