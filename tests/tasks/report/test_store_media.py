"""tasks/report/store_media.py: pictures come out of the store, or a reason that the page can show."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.conditions.encodings import CONDITIONS, encode
from tasks.build import Build
from tasks.config import load_config
from tasks.report.reading import PublishedBuild
from tasks.report.shown import shown_trajectories
from tasks.report.store_media import StoreMedia
from tasks.scene import unpack_maps
from tasks.store import Store
from tests.tasks.report.published import H, T, W, publish


def test_media_of_a_trajectory(published: tuple[Store, Build]) -> None:
    """Catches conditions of other maps, other names than the model was given, and noise where it was not, or was."""
    store, _ = published
    trajectory = shown_trajectories(PublishedBuild(store, "made-up"))[0]
    config = load_config("demo", assignments=["video.strengths.segmentation=0", "conditions.noise.depth=0.1"])
    media = StoreMedia(store, config)
    assert media.video(trajectory.preview_uri).shape == (T, H, W, 3)
    assert media.image(trajectory.candidates[1].image_uri)[0, 0].tolist() == [80, 80, 80]
    conditions = media.conditions(trajectory)
    expected = encode(unpack_maps(store.read(trajectory.maps_uri)), ("depth", "keypoints"))
    assert list(conditions) == ["depth", "keypoints", "normal"]
    assert expected["keypoints"].any() and expected["depth"].any()
    assert np.array_equal(conditions["keypoints"], expected["keypoints"])
    assert (conditions["depth"] != expected["depth"]).any()
    every = media.every_condition(trajectory)
    assert tuple(every) == CONDITIONS
    assert np.array_equal(every["depth"], expected["depth"])


def test_missing_and_altered_media_are_oserrors(tmp_path: Path) -> None:
    """Catches a store's own error passing the page's handler, and altered bytes shown as if they were right."""
    store, _ = publish(tmp_path)
    trajectory = shown_trajectories(PublishedBuild(store, "made-up"))[0]
    media = StoreMedia(store, load_config("demo"))
    store.replace(trajectory.preview_uri, b"altered")
    with pytest.raises(OSError, match="altered"):
        media.video(trajectory.preview_uri)
    store.delete(trajectory.maps_uri)
    with pytest.raises(OSError, match="not there"):
        media.conditions(trajectory)
    with pytest.raises(OSError, match="no key of a store"):
        media.image("../../etc/passwd")


def test_maps_that_are_no_maps(published: tuple[Store, Build]) -> None:
    """Catches zipfile's own exception, which is neither ValueError nor OSError, ending the whole report."""
    store, _ = published
    trajectory = shown_trajectories(PublishedBuild(store, "made-up"))[0]
    broken = store.put_media(b"PK no archive", "npz")
    with pytest.raises((OSError, ValueError)):
        StoreMedia(store, load_config("demo")).conditions(
            type(trajectory)(**{**vars(trajectory), "maps_uri": broken.uri})
        )
