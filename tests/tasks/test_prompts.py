"""Prompts by configuration."""

from pathlib import Path

import pytest

from tasks.config import load_config
from tasks.errors import ConfigError
from tasks.prompts import check_prompts, prompter


def test_the_demo_keeps_its_own_prompts_and_a_set_replaces_them(tmp_path: Path) -> None:
    """Catches a set that is configured and ignored."""
    assert prompter(load_config("demo"))(3, "mug").startswith("a ")
    (tmp_path / "set.yaml").write_text("templates: ['a {skin} hand grasps {object}']\nslots: {skin: [tan, dark]}")
    config = load_config("demo", assignments=(f"appearance.prompts={tmp_path / 'set.yaml'}",))
    check_prompts(config)
    assert {prompter(config)(seed, "mug") for seed in range(9)} == {
        "a tan hand grasps a mug",
        "a dark hand grasps a mug",
    }


def test_words_that_the_demo_does_not_know_and_faulty_sets_are_told_first() -> None:
    """Catches thirty failed candidates, and a name that is no set."""
    with pytest.raises(ConfigError, match=r"appearance\.prompts: the demo's models do not know the word 'photo'"):
        check_prompts(load_config("demo", assignments=("appearance.prompts=varied",)))
    with pytest.raises(ConfigError, match=r"appearance\.prompts: no prompt set at sunny"):
        check_prompts(load_config("demo", assignments=("appearance.prompts=sunny",)))
    check_prompts(load_config("fast"))
