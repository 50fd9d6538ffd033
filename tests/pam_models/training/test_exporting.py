"""What remembers that a model is finished, and what it was made from."""

import pytest

from pam_models.training.exporting import Exporter, data_counts
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import load_recipe


def exporter_of(layout: RunLayout, *settings: str) -> Exporter:
    return Exporter(layout, load_recipe("demo", settings), layout.root / "zoo")


@pytest.mark.parametrize(
    ("setting", "changes"),
    [("motion.steps=7", True), ("data.seed=8", True), ("estimator.steps=7", False)],
)
def test_a_finished_model_is_known_by_all_that_determines_it(layout: RunLayout, setting: str, changes: bool) -> None:
    """Catches weights that outlive their recipe or their data, and a model trained anew for another one's sake."""
    before = exporter_of(layout).fingerprint("motion", "codec")
    assert (exporter_of(layout, setting).fingerprint("motion", "codec") != before) is changes


def test_only_generators_depend_on_the_autoencoder(layout: RunLayout) -> None:
    """Catches an estimator that is trained again because the codec changed, and a generator that is not."""
    exporter = exporter_of(layout)
    for name, depends in (("motion", True), ("appearance", True), ("estimator", False)):
        assert (exporter.fingerprint(name, "one") != exporter.fingerprint(name, "other")) is depends


def test_done_is_done_only_while_the_weights_are_there(layout: RunLayout) -> None:
    """Catches a note that outlives the file that it speaks of."""
    exporter, weights = exporter_of(layout), layout.weights("estimator")
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert not exporter.is_done("estimator", "f")
    exporter.note_done("estimator", "f")
    assert exporter.is_done("estimator", "f") and not exporter.is_done("estimator", "another")
    weights.unlink()
    assert not exporter.is_done("estimator", "f")


def test_held_out_blocks_do_not_count_as_training_data(layout: RunLayout) -> None:
    """Catches a model card that counts what no training saw."""
    counts = data_counts(layout)
    assert (counts["training_clips"], counts["training_picture_blocks"]) == (3, 2)
