"""Each test names the defect that it catches."""

from pathlib import Path

import pytest

from flows.which_build import address_in_store, configuration
from tasks.build import open_build
from tasks.config import load_config
from tasks.errors import ConfigError
from tasks.store import Store


def test_layers_lie_over_each_other(tmp_path: Path) -> None:
    """Catches a file that wins over a single setting."""
    file = tmp_path / "own.yaml"
    file.write_text("seed: 3\nframes: 13\n")
    config = configuration("demo", str(file), ["seed=4"], Store(str(tmp_path)), None)
    assert (config.seed, config.frames) == (4, 13)


def test_a_named_build_brings_its_own_configuration(tmp_path: Path) -> None:
    """Catches a build that is resumed with the defaults."""
    store = Store(str(tmp_path))
    open_build(load_config(assignments=["seed=9"]), store, "mine")
    assert configuration(None, None, ["execution.parallel_shards=3"], store, "mine").seed == 9
    assert configuration(None, None, [], store, "other").seed == 0
    assert configuration("demo", None, [], store, "mine").seed == 0


def test_a_misspelt_setting_of_a_named_build_is_refused(tmp_path: Path) -> None:
    """Catches settings that are dropped when a build is resumed."""
    store = Store(str(tmp_path))
    open_build(load_config(), store, "mine")
    with pytest.raises(ConfigError, match=r"^sed: no such key; did you mean seed\?"):
        configuration(None, None, ["sed=1"], store, "mine")


def test_addresses_are_what_other_programs_open(tmp_path: Path) -> None:
    """Catches a report that is named by its place inside the store."""
    assert address_in_store(Store(str(tmp_path)), "builds/b/x.html") == f"file://{tmp_path}/builds/b/x.html"
    assert address_in_store(Store("memory://bucket/set/"), "builds/b/x.html") == "memory://bucket/set/builds/b/x.html"
