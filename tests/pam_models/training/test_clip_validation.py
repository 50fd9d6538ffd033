"""Which held-out clips are shown, and their mean figures."""

from pam_models.training.clip_validation import mean_figures, shown_clips
from pam_models.training.layout import RunLayout


def test_held_out_clips_of_the_source_alone_are_shown(layout: RunLayout) -> None:
    """Catches training clips among those that a model is judged on."""
    assert set(shown_clips(layout, "physics", 4)) == {"held-physics-9-v0"}
    assert shown_clips(layout, "snapshot", 4) == []


def test_a_figure_is_the_mean_over_the_clips_that_have_it() -> None:
    """Catches a clip in which nothing moves counted as one of 0 dB."""
    assert mean_figures([{"psnr_db": 20.0}, {"psnr_db": 30.0, "psnr_moving_db": 9.0}]) == {
        "psnr_db": 25.0,
        "psnr_moving_db": 9.0,
    }
    assert mean_figures([]) == {}
