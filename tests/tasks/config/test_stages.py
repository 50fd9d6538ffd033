"""What each step makes."""

from pathlib import Path

from pydantic import TypeAdapter

from tasks.config.generators import FluxAppearance
from tasks.config.stages import DexycbPose, GraspxlPose, HandConfig, Oakink2Pose, PhysicsPose, PoseConfig


def test_a_mano_folder_means_mano() -> None:
    """Catches `--set hand.mano_dir=DIR` that keeps the free hand: poses would stay approximate without a word."""
    assert HandConfig.model_validate({"mano_dir": "x"}).model == "mano"
    assert HandConfig.model_validate({"mano_dir": "x", "model": "free"}).model == "free"
    assert HandConfig().model == "free"


def test_the_source_chooses_the_branch() -> None:
    """Catches a choice that is read as the wrong branch."""
    read = TypeAdapter[PhysicsPose | GraspxlPose | DexycbPose | Oakink2Pose](PoseConfig).validate_python
    assert read({"source": "graspxl", "path": "x"}) == GraspxlPose(path=Path("x"))
    assert isinstance(read({"source": "physics"}), PhysicsPose)
    assert read({"source": "dexycb", "path": "x", "setup": "s3", "split": "test"}) == DexycbPose(
        path=Path("x"), setup="s3", split="test"
    )
    assert read({"source": "oakink2", "path": "x", "side": "left"}) == Oakink2Pose(path=Path("x"), side="left")


def test_paper_models_have_the_papers_numbers() -> None:
    """Catches demo numbers leaking into the paper's model."""
    assert (FluxAppearance().candidates, FluxAppearance().guidance) == (30, 4.0)
