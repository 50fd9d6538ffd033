"""From parts to numbers. Each test says which defect it would catch."""

import pytest

from tasks.build import Build
from tasks.errors import TableError
from tasks.evaluation.summary import summarise
from tasks.store import Store
from tests.tasks.evaluation.conftest import run

Made = tuple[Store, Build]


def test_clips_that_are_too_short_for_a_network_are_a_reason(made_up: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a whole clip that fails because one network cannot see it."""
    from pam_models.metrics.extractors.stand_in import RandomVideoFeatures

    monkeypatch.setattr(RandomVideoFeatures, "fewest_frames", 50)
    done = run(*made_up, "fvd", "psnr")
    assert done.reason("fvd[random-r3d-seed0]") == "video features need at least 50 frames; got 9"
    assert done.summary.failed == 0 and done.value("psnr_db") is not None


def test_a_cache_that_was_emptied_is_one_line(made_up: Made) -> None:
    """Catches a distance over the clips whose features happen to be left."""
    store, build = made_up
    done = run(store, build, "fvd")
    for key in store.keys("features"):
        store.delete(key)
    done.evaluation.networks.video.cache._place.clear()
    with pytest.raises(TableError, match="are gone from the store's cache"):
        summarise(done.evaluation)
