"""A build in its store."""

import pickle

import pytest
import yaml

from tasks.build import build_ids, load_build, open_build
from tasks.config.load import validate
from tasks.errors import ConfigError
from tasks.store import Store
from tests.tasks.conftest import toy_config


def test_opening_twice_is_the_same_build(store: Store) -> None:
    """Catches a restart that begins a second build."""
    first, second = (open_build(toy_config(), store) for _ in range(2))
    assert first.build_id == second.build_id == build_ids(store)[0]
    written = yaml.safe_load(store.read(first.key("config.yaml")))
    assert validate(written) == toy_config()
    assert first.part_key("pose", "ab") == f"builds/{first.build_id}/manifests/pose/ab.parquet"


def test_a_name_is_not_shared_by_two_configurations(store: Store) -> None:
    """Catches parts of two configurations in one build; the message must name what differs."""
    open_build(toy_config("seed=1"), store, "night")
    open_build(toy_config("seed=1", "execution.parallel_shards=7"), store, "night")
    with pytest.raises(
        ConfigError, match=r"--build night: exists with another configuration \(seed was 1 and is now 2\)"
    ):
        open_build(toy_config("seed=2"), store, "night")
    with pytest.raises(ConfigError, match=r"appearance\.steps was 12 and is now 3"):
        open_build(toy_config("seed=1", "appearance.steps=3"), store, "night")


def test_a_build_is_found_again_by_its_id(store: Store) -> None:
    """Catches `pam status` that needs the configuration to be given once more."""
    build = open_build(toy_config(), store)
    loaded = load_build(store, build.build_id)
    assert (loaded.config, loaded.subset) == (build.config, build.subset)
    with pytest.raises(ConfigError, match=f"nothing: no such build in .*; known: {build.build_id}"):
        load_build(store, "nothing")
    with pytest.raises(ConfigError, match="is no build id"):
        load_build(store, "../..")


def test_a_build_can_be_sent_to_a_worker(store: Store) -> None:
    """Catches a connection or a lock inside a build."""
    sent = pickle.loads(pickle.dumps(open_build(toy_config(), store)))
    assert sent.config == toy_config() and sent.store.uri == store.uri


def test_input_parts_are_named_within_the_build(store: Store) -> None:
    """Catches the same build under another name or in another store whose parts differ in bytes."""
    build = open_build(toy_config(), store, "one")
    lineage = build.lineage("video", 1, input_parts={build.part_key("pose", "ab"): "ff"})
    assert lineage.input_parts == {"manifests/pose/ab.parquet": "ff"}
