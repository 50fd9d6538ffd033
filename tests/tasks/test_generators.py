"""The generators that a configuration names."""

from pathlib import Path
from shutil import copyfile

import pytest

from pam_models.zoo.registry import weights_path
from tasks.config.generators import CogVideoXVideo, FluxAppearance
from tasks.errors import ConfigError
from tasks.generators import demo_models, load_appearance, load_motion
from tests.tasks.stage_inputs import small_config


def test_the_demo_loads_with_its_revision_and_licence() -> None:
    """Catches rows that cannot be traced to the weights they came from."""
    loaded = load_appearance(small_config())
    (digest,) = demo_models("demo-appearance").values()
    assert loaded.model_id == f"demo-appearance@{digest[:12]}"
    assert loaded.license_tags == ("demo-appearance:Apache-2.0",)


def test_clips_say_which_finisher_went_over_them(tmp_path: Path) -> None:
    """Catches rows of finished and of unfinished clips that cannot be told apart, and a model of the user's own that
    is finished by weights which never saw its clips."""
    config = small_config()
    motion, finisher = (f"{name}@{digest[:12]}" for name, digest in demo_models("demo-motion", "demo-finisher").items())
    assert load_motion(config).model_id == f"{motion}+{finisher}"
    assert load_motion(small_config("video.finish=false")).model_id == motion
    copyfile(weights_path("demo-motion"), tmp_path / "own.safetensors")
    own = load_motion(small_config(f"video.weights={tmp_path / 'own.safetensors'}"))
    assert own.pipeline.finisher is None and own.model_id.startswith("demo-motion@own-")
    assert own.license_tags == (f"{own.model_id}:your own",)


def test_a_model_without_its_folder_is_refused() -> None:
    """Catches a silent fall back to the demo's weights."""
    config = small_config()
    with pytest.raises(ConfigError, match=r"appearance\.base"):
        load_appearance(config.model_copy(update={"appearance": FluxAppearance()}))
    with pytest.raises(ConfigError, match=r"video\.base"):
        load_motion(config.model_copy(update={"video": CogVideoXVideo()}))


def test_altered_weights_are_not_run(tmp_path: Path) -> None:
    """Catches weights that are used although their hash is not the listed one."""
    from pam_models.zoo.registry import DEMO_DIRECTORY, WeightsError, load

    for file in DEMO_DIRECTORY.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    damaged = tmp_path / "demo-autoencoder.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    with pytest.raises(WeightsError, match="demo-autoencoder"):
        load("demo-autoencoder", tmp_path)
