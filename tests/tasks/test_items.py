"""Which items each step works on."""

from collections.abc import Iterator
from typing import Any

from tasks.build import open_build
from tasks.items import items_of
from tasks.stage import Item, Row
from tasks.steps import BY_NAME
from tasks.store import Store
from tests.tasks.conftest import ToySteps, toy_config


def _items(store: Store, step: str, tables: dict[str, list[Row]], *settings: str) -> list[Item]:
    def read(name: str, columns: tuple[str, ...]) -> Iterator[Row]:
        for row in tables[name]:
            yield {column: row[column] for column in columns}

    return list(items_of(open_build(toy_config(*settings), store), BY_NAME[step], read, (0, 0)))


def _decision(target: str, rank: int, kept: bool = True, trajectory: str = "t") -> dict[str, Any]:
    return {"target_id": target, "trajectory_id": trajectory, "rank": rank, "kept": kept}


def test_each_trajectory_has_its_candidates(toy: ToySteps, store: Store) -> None:
    """Catches candidates that share an id or a seed, and a count that is off by one."""
    items = _items(store, "appearance", {"pose": [{"item_id": "t1"}, {"item_id": "t2"}]}, "appearance.candidates=3")
    assert [(item.parent_id, item.fields["index"]) for item in items] == [
        (t, i) for t in ("t1", "t2") for i in range(3)
    ]
    assert len({item.item_id for item in items}) == len({item.seed for item in items}) == 6
    assert items[0].refs == {"pose": "t1"}


def test_the_best_kept_candidates_become_clips(toy: ToySteps, store: Store) -> None:
    """Catches dropped candidates that become clips, and the worst chosen instead of the best."""
    table = {
        "select-candidates": [
            _decision("worst", 3, kept=False),
            _decision("second", 1),
            _decision("best", 0),
            _decision("third", 2),
            _decision("other", 9, trajectory="u"),
        ]
    }
    one = _items(store, "video", table, "video.clips_per_trajectory=1")
    assert [item.parent_id for item in one] == ["best", "other"]
    two = _items(store, "video", table, "video.clips_per_trajectory=2")
    assert [item.parent_id for item in two] == ["best", "second", "other"]
    every = _items(store, "video", table, "video.clips_per_trajectory=null")
    assert [item.parent_id for item in every] == ["best", "second", "third", "other"]
    assert one[0].item_id == two[0].item_id == every[0].item_id


def test_frames_of_dropped_and_unscored_clips_are_not_published(toy: ToySteps, store: Store) -> None:
    """Catches labelled frames of a clip that the cut dropped."""
    table: dict[str, list[Row]] = {
        "video": [{"item_id": clip, "trajectory_id": "t"} for clip in ("a", "b", "c")],
        "score-clips": [{"item_id": f"score-{clip}", "target_id": clip} for clip in ("a", "b")],
        "select-clips": [{"target_id": "a", "kept": True}, {"target_id": "b", "kept": False}],
    }
    assert [item.parent_id for item in _items(store, "samples", table)] == ["a", "b"]
    (item,) = _items(store, "samples", table, "select.clips.drop_fraction=0.5")
    assert item.refs == {"video": "a", "pose": "t", "score-clips": "score-a"}


def test_scores_refer_to_what_they_score(toy: ToySteps, store: Store) -> None:
    """Catches an estimate of one picture with the joints of another trajectory."""
    (item,) = _items(store, "score-candidates", {"appearance": [{"item_id": "c", "trajectory_id": "t"}]})
    assert item.parent_id == "c" and item.refs == {"appearance": "c", "pose": "t"}
    (item,) = _items(store, "score-clips", {"video": [{"item_id": "v", "trajectory_id": "t"}]})
    assert item.parent_id == "v" and item.refs == {"video": "v", "pose": "t"}
