import pytest
from pydantic import ValidationError

from pam_models.motion.svd import SvdConfig, interdyn_config, multi_condition_config


def test_the_baselines_read_one_condition_or_the_motion_models() -> None:
    assert interdyn_config().conditions == ("hand_mask",)
    assert multi_condition_config().conditions == ("depth", "segmentation", "keypoints")
    assert multi_condition_config().latent_frames == 13


def test_the_defaults_are_stable_video_diffusions() -> None:
    """Catches sizes that would not take the published UNet."""
    settings = SvdConfig().unet_settings()
    assert settings["in_channels"] == 8 and settings["projection_class_embeddings_input_dim"] == 768
    assert settings["block_out_channels"] == (320, 640, 1280, 1280)


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ValidationError, match="multiples of 32"):
        SvdConfig(block_out_channels=(40, 64), num_attention_heads=(2, 2))
    with pytest.raises(ValidationError, match="of one length"):
        SvdConfig(num_attention_heads=(2,))
    with pytest.raises(ValidationError, match="distinct"):
        SvdConfig(conditions=())
