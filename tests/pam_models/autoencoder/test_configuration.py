import pytest
from pydantic import ValidationError

from pam_models.autoencoder import AutoencoderConfig


def test_groups_that_do_not_divide_the_channels_are_refused_with_both_numbers() -> None:
    with pytest.raises(ValidationError, match=r"norm_num_groups 7 does not divide all of \(16, 16, 32, 32\)"):
        AutoencoderConfig(norm_num_groups=7)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="latent_chanels"):
        AutoencoderConfig.model_validate({"latent_chanels": 16})
