"""Clips from elsewhere."""

import logging

import pytest

from pam_models.training.clip_import import ClipRefused, OfferedClip, import_clips
from pam_models.training.data_recipe import RecordedData
from pam_models.training.frame_store import FrameBlock, block_names
from pam_models.training.layout import RunLayout
from tests.pam_models.training.conftest import made_up_block

RECIPE = RecordedData(
    kind="dexycb", path="d", mano_dir="m", height=32, width=48, frames=9, held_out_one_in=2, pictures_per_clip=2
)


def _refuse() -> FrameBlock:
    raise ClipRefused("color_000003.jpg is no readable picture")


def test_views_of_a_scene_are_on_one_side_and_a_bad_clip_is_left_out(
    tmp_path: object, layout: RunLayout, caplog: pytest.LogCaptureFixture
) -> None:
    """Catches a held-out scene that training sees from another camera, and one bad file that ends all."""
    for folder in (layout.clips, layout.pictures):
        for path in folder.iterdir():
            path.unlink()
    clips = [
        OfferedClip(f"subject/{scene}", view, lambda scene=scene: made_up_block(scene, 9, str(scene)))
        for scene in range(6)
        for view in (1, 2)
    ]
    with caplog.at_level(logging.WARNING):
        assert import_clips(RECIPE, layout, [*clips, OfferedClip("bad", 0, _refuse)]) == 12
    assert "left out: bad: color_000003.jpg" in caplog.text
    names = block_names(layout.clips)
    sides = {name.split("-", 1)[1].rsplit("-v", 1)[0]: name.split("-")[0] for name in names}
    assert len(sides) == 6 and set(sides.values()) == {"train", "held"}
    assert all(name.startswith(sides[name.split("-", 1)[1].rsplit("-v", 1)[0]]) for name in names)
    assert len(block_names(layout.pictures)) == 12


def test_nothing_readable_says_the_last_reason(layout: RunLayout) -> None:
    """Catches an empty run that fails much later."""
    for path in layout.clips.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="no readable picture"):
        import_clips(RECIPE, layout, [OfferedClip("bad", 0, _refuse)])
