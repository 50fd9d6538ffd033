"""The generators' configuration."""

from pathlib import Path

import pytest

from tasks.config import load_config
from tasks.config.generators import FluxAppearance, SvdVideo
from tasks.config.output import output_subset
from tasks.errors import ConfigError


def test_a_prompt_set_that_ships_is_found_by_name_and_counts_by_content(tmp_path: Path) -> None:
    """Catches a build that is taken for the same one after its prompts were edited."""
    shipped = FluxAppearance(prompts="varied").prompts  # type: ignore[arg-type]
    assert shipped is not None and shipped.is_file()
    own = tmp_path / "set.yaml"
    subsets = []
    for text in ("templates: [a]", "templates: [b]"):
        own.write_text(text)
        config = load_config("demo", assignments=(f"appearance.prompts={own}",))
        subsets.append(output_subset(config)["appearance"]["prompts"])
    assert subsets[0] != subsets[1]


def test_speed_and_baselines_are_set_by_key() -> None:
    """Catches choices that exist in code alone."""
    assignments = ("video.speed.cache.threshold=0.2", "video.speed.attention=math", "video.absent=noise")
    video = load_config("demo", assignments=assignments).video
    assert video.speed.cache is not None and video.speed.cache.threshold == 0.2
    assert (video.speed.attention, video.absent) == ("math", "noise")
    assert isinstance(load_config("demo", assignments=("video.model=svd",)).video, SvdVideo)
    with pytest.raises(ConfigError, match=r"video\.speed\.attention"):
        load_config("demo", assignments=("video.speed.attention=fast",))
