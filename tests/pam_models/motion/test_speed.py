import numpy as np
import pytest
from pydantic import ValidationError

from pam_models.acceleration.options import CacheOptions, SpeedOptions
from pam_models.motion import MotionPipeline
from tests.pam_models.motion.test_pipeline import sample


def test_the_defaults_are_plain_and_unknown_names_are_refused() -> None:
    assert SpeedOptions().cache is None and SpeedOptions().attention == "auto"
    with pytest.raises(ValidationError):
        SpeedOptions.model_validate({"teacache": True})


def test_a_pipeline_runs_with_its_options(small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]) -> None:
    """Catches options that are configured and never reach the model."""
    cache = CacheOptions(threshold=1e9, warmup_steps=1, max_reused=9)
    cached = MotionPipeline(small_pipeline.model, small_pipeline.autoencoder, speed=SpeedOptions(cache=cache))
    never = MotionPipeline(
        small_pipeline.model, small_pipeline.autoencoder, speed=SpeedOptions(cache=CacheOptions(threshold=0.0))
    )
    plain = sample(small_pipeline, clips)
    assert (sample(cached, clips) != plain).any()
    np.testing.assert_array_equal(sample(never, clips), plain)
