import pytest
from pydantic import ValidationError

from pam_models.appearance.word_encoder import WordEncoderConfig
from pam_models.motion import MotionConfig, TransformerConfig, demo_config


def test_repeated_conditions_are_refused() -> None:
    """Catches two slots that would read the same condition."""
    with pytest.raises(ValidationError, match="distinct"):
        TransformerConfig(conditions=("depth", "depth"))


def test_more_control_blocks_than_base_blocks_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"not within 1\.\.num_layers 42"):
        TransformerConfig(num_control_blocks=43)


def test_channels_must_hold_noisy_and_first_frame_latents() -> None:
    text = WordEncoderConfig(vocabulary=("a",))
    with pytest.raises(ValidationError, match="twice out_channels"):
        MotionConfig(transformer=TransformerConfig(in_channels=16), text=text)


def test_coordinates_are_read_by_conditions_that_exist() -> None:
    with pytest.raises(ValidationError, match="coordinate_conditions mesh are not among conditions"):
        TransformerConfig(coordinate_conditions=("mesh",))
    with pytest.raises(ValidationError, match="without patches in time"):
        TransformerConfig(coordinate_conditions=("keypoints",), patch_size_t=2)


def test_the_demo_counts_13_latent_frames_and_702_tokens() -> None:
    """Catches sample_frames given in latent frames, where pixel frames are meant."""
    settings = demo_config(("a",)).transformer
    assert settings.latent_frames == 13
    assert settings.latent_frames * (settings.sample_height // 2) * (settings.sample_width // 2) == 702
    assert settings.text_embed_dim == demo_config(("a",)).text.dim
