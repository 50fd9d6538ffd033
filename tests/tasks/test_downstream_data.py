"""Two domains out of builds. Each test names the defect that it catches."""

from pathlib import Path

import numpy as np

from pam_models.downstream.recipe import DownstreamRecipe
from pam_models.training.frame_store import RGB, block_names, load_block
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import EstimatorRecipe
from tasks.downstream_data import import_generated, import_renderer
from tests.tasks.report.published import publish


def test_the_renderers_clips_are_one_domain_and_generated_ones_the_other(tmp_path: Path) -> None:
    """Catches both domains out of the same pictures, and generated scenes that are held out."""
    store, build = publish(tmp_path / "store")
    network = EstimatorRecipe(steps=1, batch=2, learning_rate=0.1)
    recipe = DownstreamRecipe(name="m", profile="demo", test_one_in=7, pictures_per_clip=3, network=network)
    real, synthetic = RunLayout(tmp_path / "real"), RunLayout(tmp_path / "synthetic")
    assert import_renderer(recipe, store.uri, build.build_id, real) == 2
    assert import_generated(recipe, store.uri, build.build_id, synthetic) == 2
    assert [name[:4] for name in block_names(real.pictures)] == ["held", "trai"]
    assert [name[:5] for name in block_names(synthetic.pictures)] == ["train"] * 2
    shown = load_block(real.pictures, next(iter(block_names(real.pictures, "train")))).stream(RGB)
    generated = load_block(synthetic.pictures, block_names(synthetic.pictures)[0]).stream(RGB)
    assert shown.shape == generated.shape and not np.array_equal(shown, generated)
