"""The appearance step: candidates of one trajectory, each from its own seed."""

from pathlib import Path

import numpy as np

from tasks.appearance import AppearanceStage
from tasks.media import read_image
from tests.tasks.stage_inputs import item, small_config, store_in, trajectory_row


def test_candidates_differ_by_seed_and_repeat(tmp_path: Path) -> None:
    """Catches a shared generator (all alike) and a hidden draw (never twice the same), also across batches."""
    store = store_in(tmp_path)
    pose = trajectory_row(store)
    stage = AppearanceStage(small_config(), store)
    stage.setup()
    items = [item(seed, {"index": seed}, pose=pose) for seed in (1, 2)]
    first, second = stage.infer(items)
    (again,) = stage.infer([items[1]])
    assert first["image_sha256"] != second["image_sha256"] == again["image_sha256"]
    assert first["prompt"].startswith("a ") and "mug" in first["prompt"]
    picture = read_image(store.read_media(first["image_uri"], first["image_sha256"]))
    assert picture.shape == (96, 144, 3) and np.ptp(picture) > 0
    assert (first["trajectory_id"], first["index"]) == ("mug", 1)
    assert "motion:Apache-2.0" in first["license_tags"] and len(first["license_tags"]) == 2
