"""Names in a run directory."""

from pathlib import Path

from pam_models.training.layout import RunLayout, clip_block, picture_block


def test_held_out_blocks_are_told_by_their_name() -> None:
    """Catches held-out data in a training pool: pools go by the prefix."""
    assert clip_block("physics-mug-0001", 2, held_out=True) == "held-physics-mug-0001-v2"
    assert clip_block("physics-mug-0001", 2, held_out=False).startswith("train-physics-")
    assert picture_block(3, held_out=False) == "train-pictures-00003"


def test_other_autoencoder_weights_have_other_latents() -> None:
    """Catches a motion model trained on latents of two autoencoders."""
    layout = RunLayout(Path("run"))
    assert layout.latents("a" * 64) != layout.latents("b" * 64)
