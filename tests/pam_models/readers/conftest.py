"""Small builds and a cache folder of their own."""

import multiprocessing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from pam_models.readers.cache import CacheConfig
from tests.pam_models.readers.small_build import ClipPlan, SmallBuild, make_build


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    """Five clips in three parts: right, left, both hands, a val clip, a test clip; the free hand."""
    plans = [ClipPlan(), ClipPlan("l"), ClipPlan("rl"), ClipPlan(split="val", frames=9), ClipPlan(split="test", away=4)]
    return make_build(tmp_path_factory.mktemp("free"), plans)


@pytest.fixture(scope="session")
def mano_build(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    """A right and a left clip with a hand in MANO's files, and no stored surface."""
    return make_build(tmp_path_factory.mktemp("mano"), [ClipPlan(), ClipPlan("l")], hand="mano", vertices=False)


@pytest.fixture
def own_build(tmp_path: Path) -> SmallBuild:
    """A build that a test may damage: two clips in two parts."""
    return make_build(tmp_path, [ClipPlan(), ClipPlan()], clips_per_part=1)


@pytest.fixture
def cache(tmp_path: Path) -> CacheConfig:
    return CacheConfig(tmp_path / "cache")


@pytest.fixture(scope="session")
def fresh() -> ForkServerContext:
    """Where loaders' workers come from: forked out of a process that has run nothing else.

    Forked out of the tests' own, they would inherit what other tests left there; Prefect's leftovers make a worker end
    with exit code 1.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pam_models.readers.stream"])
    return context
