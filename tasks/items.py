"""Which items each step works on, as joins over the tables before it, and how many they are, from footers alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tasks import ids
from tasks.footers import Footer
from tasks.stage import Item, Row
from tasks.steps import BY_NAME, Step

if TYPE_CHECKING:
    from tasks.build import Build

Reader = Callable[[str, tuple[str, ...]], Iterator[Row]]
FootersOf = Callable[[str], Iterable[Footer]]


def make_item(
    build: "Build",
    step: Step,
    parent_id: str,
    key: str,
    refs: Mapping[str, str] | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Item:
    """An item with its id and seed."""
    identity = ids.item_id_below(build.item_prefix(step), parent_id, key)
    seed = ids.derive_seed(build.config.seed, identity, step.name)
    return Item(identity, parent_id, key, seed, refs or {}, fields or {})


def items_of(build: "Build", step: Step, read: Reader, span: tuple[int, int]) -> Iterator[Item]:
    """Every item of one block of a step, in a fixed order.

    `read(step, columns)` gives the block's ok rows of an earlier step, `span` is the block's range of trajectories.
    Reduce steps have no items of their own.
    """
    if step.name == "pose":
        yield from import_module(step.module).items(build, step, *span)
        return
    yield from JOINS[step.name](build, step, read)


def count_items(build: "Build", step: Step, footers: FootersOf) -> int:
    """How many items `items_of` gives for a block. `footers(step)` gives those of the block's parts of an earlier
    step. A reduce step has one decision for each ok score.
    """
    if step.name == "appearance":
        return build.config.appearance.candidates * _ok(footers("pose"))
    if step.name == "video":
        most = build.config.video.clips_per_trajectory
        kept = (footer.summary.kept_by_input for footer in footers("select-candidates"))
        return sum(
            trajectories * (number if most is None else min(number, most))
            for found in kept
            for number, trajectories in found.items()
        )
    if step.name == "samples" and build.config.select.clips is not None:
        return _ok(footers("select-clips"))
    return _ok(footers(step.parents[-1]))


def _ok(footers: Iterable[Footer]) -> int:
    return sum(footer.ok for footer in footers)


def _appearance(build: "Build", step: Step, read: Reader) -> Iterator[Item]:
    for pose in read("pose", ("item_id",)):
        for index in range(build.config.appearance.candidates):
            yield make_item(build, step, pose["item_id"], str(index), {"pose": pose["item_id"]}, {"index": index})


def _score_candidates(build: "Build", step: Step, read: Reader) -> Iterator[Item]:
    for picture in read("appearance", ("item_id", "trajectory_id")):
        yield make_item(
            build, step, picture["item_id"], "", {"appearance": picture["item_id"], "pose": picture["trajectory_id"]}
        )


def _video(build: "Build", step: Step, read: Reader) -> Iterator[Item]:
    kept: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for decision in read("select-candidates", ("target_id", "trajectory_id", "rank", "kept")):
        if decision["kept"]:
            kept[decision["trajectory_id"]].append((decision["rank"], decision["target_id"]))
    for trajectory, ranked in kept.items():
        for _, candidate in sorted(ranked)[: build.config.video.clips_per_trajectory]:
            yield make_item(build, step, candidate, "", {"appearance": candidate, "pose": trajectory})


def _score_clips(build: "Build", step: Step, read: Reader) -> Iterator[Item]:
    for clip in read("video", ("item_id", "trajectory_id")):
        yield make_item(build, step, clip["item_id"], "", {"video": clip["item_id"], "pose": clip["trajectory_id"]})


def _samples(build: "Build", step: Step, read: Reader) -> Iterator[Item]:
    scores = {score["target_id"]: score["item_id"] for score in read("score-clips", ("item_id", "target_id"))}
    dropped: set[str] = set()
    if build.config.select.clips is not None:
        kept = {decision["target_id"] for decision in read("select-clips", ("target_id", "kept")) if decision["kept"]}
        dropped = {clip["item_id"] for clip in read("video", ("item_id",))} - kept
    for clip in read("video", ("item_id", "trajectory_id")):
        if clip["item_id"] in scores and clip["item_id"] not in dropped:
            refs = {"video": clip["item_id"], "pose": clip["trajectory_id"], "score-clips": scores[clip["item_id"]]}
            yield make_item(build, step, clip["item_id"], "", refs)


JOINS: dict[str, Callable[["Build", Step, Reader], Iterator[Item]]] = {
    "appearance": _appearance,
    "score-candidates": _score_candidates,
    "video": _video,
    "score-clips": _score_clips,
    "samples": _samples,
}
assert set(JOINS) | {"pose"} == {name for name, step in BY_NAME.items() if not step.reduce}
