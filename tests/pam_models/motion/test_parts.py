import numpy as np

from pam_models.motion import MotionModel


def test_the_negative_prompt_is_encoded_only_where_it_is_used(small_model: MotionModel) -> None:
    """Catches an unconditional half that is paid for and thrown away."""
    picture = np.zeros((2, 16, 32, 3), np.uint8)
    alone = small_model.contexts(["a mug", "a red mug"], picture, None)
    both = small_model.contexts(["a mug", "a red mug"], picture, "")
    assert set(alone) == {"conditional"} and set(both) == {"conditional", "unconditional"}
    assert both["unconditional"].shape == both["conditional"].shape
    assert (small_model.conditions, small_model.latent_frames, small_model.sample_frames) == (
        ("depth", "segmentation"),
        3,
        9,
    )
