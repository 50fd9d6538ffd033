from pathlib import Path

import pytest

from pam_models.appearance.paper_text import MissingExtraError
from pam_models.motion.paper import load_paper_pipeline
from pam_models.zoo import WeightsError


def test_an_absent_base_says_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="THUDM/CogVideoX-5b-I2V"):
        load_paper_pipeline(tmp_path, tmp_path, "cpu")


def test_absent_text_encoders_or_their_library_fail_before_any_weights_are_read(tmp_path: Path) -> None:
    (tmp_path / "vae").mkdir()
    with pytest.raises((WeightsError, MissingExtraError), match=r"transformers|text_encoder"):
        load_paper_pipeline(tmp_path, tmp_path / "nowhere", "cpu")
