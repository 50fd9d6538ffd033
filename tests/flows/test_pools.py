"""Pools of workers for several steps. Each test names the defect that it catches."""

import threading
from pathlib import Path
from typing import Any

import pytest

from flows.pools import pools_of, resources_of
from tasks.build import Build, open_build
from tasks.config import load_config
from tasks.steps import BY_NAME
from tasks.store import Store

STEPS = [BY_NAME[name] for name in ("pose", "appearance", "select-candidates", "video")]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return open_build(load_config(assignments=["execution.executor=inline"]), Store(str(tmp_path)))


def test_only_steps_with_workers_have_pools() -> None:
    """Catches a cut that waits for workers which it does not need."""
    assert resources_of(STEPS) == {"pose": "pose", "appearance": "appearance", "video": "video"}


def test_each_step_has_its_own_pool_until_the_block_ends(build: Build, toy: Any) -> None:
    """Catches a model that outlives its steps, and one that serves another step."""
    with pools_of(build, STEPS, first=2) as pools:
        for step in STEPS:
            if step.resources is not None:
                pools.wait_for(step)
            assert pools.ready(step)
        found = [pools.of(step) for step in STEPS]
    assert found[2] is None and len({id(pool) for pool in found if pool is not None}) == 3
    assert sorted(toy.opened) == ["appearance", "pose", "video"]


def test_what_goes_wrong_is_told_where_the_pool_is_wanted(
    build: Build, toy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a build that waits for ever for a model that cannot be loaded, and pools left open behind it."""

    def broken(build: Build, step: Any) -> Any:
        raise ValueError(f"{step.name} has no weights")

    monkeypatch.setattr("flows.pools.stage_factory", broken)
    with pytest.raises(ValueError, match="pose has no weights"), pools_of(build, STEPS, first=1) as pools:
        pools.of(BY_NAME["pose"])
    assert threading.active_count() < 50
