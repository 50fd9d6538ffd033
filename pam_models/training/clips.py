"""The data of a training run: scenes from physics (and kinematic ones), rendered as clips and as single pictures.

Everything follows from the recipe's seed, an index and the scenes that are ready; it is made once and kept, and a
stopped run goes on where it was.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from pam_models.conditions.appearance_style import sample_style
from pam_models.conditions.camera import Camera
from pam_models.hand.free_hand import free_hand
from pam_models.hand.model import HandModel
from pam_models.pose.camera_sampling import Scenery, sample_camera
from pam_models.pose.source import PoseRequest, TrajectoryRejected
from pam_models.pose.sources.physics import PhysicsSource
from pam_models.training.data_recipe import SimulatedData
from pam_models.training.frame_store import FrameBlock, block_names, claim_block, save_block
from pam_models.training.kinematic import kinematic_scene
from pam_models.training.layout import RunLayout, clip_block, picture_block
from pam_models.training.rendering import joined, render_scene
from pam_models.training.scenes import (
    Scene,
    is_held_out,
    load_scene,
    save_scene,
    scene_keys,
    scene_of_trajectory,
    stable_seed,
)
from pam_models.training.sheets import spread_frames

log = logging.getLogger(__name__)

PHYSICS, KINEMATIC = "physics", "kinematic"
_OWN_CAMERA = 0.3
_CLIP_VIEWS, _PICTURE_VIEWS = 12, 4
_HELD_OUT_PICTURE_BLOCKS = 3
_CONTEXT_FRAMES = 5
_SCENES_OPEN = 400


@dataclass(frozen=True)
class Deadline:
    """When to stop making data; None never."""

    at: float | None

    @classmethod
    def after(cls, minutes: float | None) -> Deadline:
        """So many minutes from now."""
        return cls(None if minutes is None else time.monotonic() + 60 * minutes)

    @property
    def passed(self) -> bool:
        """Whether it is time to stop."""
        return self.at is not None and time.monotonic() > self.at


class ClipFactory:
    """Scenes, clips and pictures of one recipe in one run directory; right hands."""

    def __init__(self, recipe: SimulatedData, layout: RunLayout) -> None:
        self._recipe = recipe
        self._layout = layout
        self._hand = free_hand("right")
        self._scene = lru_cache(maxsize=_SCENES_OPEN)(self._load)

    def make_kinematic_scenes(self) -> int:
        """Make the kinematic scenes that are missing (seconds); returns how many there are."""
        ready = set(scene_keys(self._layout.scenes, KINEMATIC))
        for index in range(self._recipe.kinematic_scenes):
            if f"{KINEMATIC}-{self._recipe.seed}-{index:05d}" not in ready:
                save_scene(
                    self._layout.scenes, kinematic_scene(index, self._recipe.seed, self._hand, self._recipe.frames)
                )
        return self._recipe.kinematic_scenes

    def make_physics_scenes(self, processes: int, deadline: Deadline) -> int:
        """Simulate until there are as many scenes as the recipe asks for, or the time is over; returns how many
        there are.
        """
        recipe, folder = self._recipe, self._layout.scenes
        folder.mkdir(parents=True, exist_ok=True)
        requests = PhysicsSource().requests(recipe.physics_requests, recipe.seed)
        todo = iter(request for request in requests if not _is_settled(folder, request.key))
        ready = len(scene_keys(folder, PHYSICS))
        began, made, said = time.monotonic(), 0, time.monotonic()
        waiting: set[Future[str | None]] = set()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context, initializer=_be_nice) as pool:
            while ready + made < recipe.physics_scenes and not deadline.passed:
                while len(waiting) < 2 * processes and (request := next(todo, None)) is not None:
                    waiting.add(
                        pool.submit(_simulate, str(folder), request, recipe.frames, recipe.width, recipe.height)
                    )
                if not waiting:
                    break
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    reason = future.result()
                    made += reason is None
                    if reason is not None:
                        log.info("rejected: %s", reason)
                if time.monotonic() - said > 10:
                    said = time.monotonic()
                    log.info(
                        "scenes %d/%d, %.1f s each", ready + made, recipe.physics_scenes, (said - began) / max(1, made)
                    )
            pool.shutdown(wait=True, cancel_futures=True)
        return len(scene_keys(folder, PHYSICS))

    def clip(self, scene_key: str, view: int) -> FrameBlock:
        """One view of a scene: the camera and the look follow from the scene's key and the view's number."""
        scene = self._scene(scene_key)
        seed = stable_seed("view", self._recipe.seed, scene_key, view)
        return render_scene(
            scene, self._hand, self._camera(scene, seed, _CLIP_VIEWS), sample_style(seed), self._recipe.conditions
        )

    def make_clips(self, deadline: Deadline) -> int:
        """Render the clips that are missing of every scene that is ready; returns how many there are.

        Any number of processes may do this at once.
        """
        recipe = self._recipe
        physics, kinematic = (scene_keys(self._layout.scenes, source) for source in (PHYSICS, KINEMATIC))
        views = [(key, view) for view in range(recipe.clips_per_scene) for key in physics]
        work = {
            clip_block(key, view, held_out=is_held_out(key, recipe.held_out_one_in)): partial(self.clip, key, view)
            for key, view in [*views, *((key, 0) for key in kinematic)]
        }
        _make_blocks("clips", self._layout.clips, work, deadline)
        return len(block_names(self._layout.clips))

    def make_pictures(self, deadline: Deadline) -> int:
        """Render the blocks of single pictures that are missing; returns how many there are. Like `make_clips`."""
        blocks = -(-self._recipe.pictures // self._recipe.pictures_per_block)
        wanted = [(index, True) for index in range(_HELD_OUT_PICTURE_BLOCKS)] + [
            (index, False) for index in range(blocks)
        ]
        work = {
            picture_block(index, held_out=held_out): partial(self.picture_block, index, held_out=held_out)
            for index, held_out in wanted
        }
        _make_blocks("picture blocks", self._layout.pictures, work, deadline)
        return len(block_names(self._layout.pictures))

    def picture_block(self, index: int, *, held_out: bool) -> FrameBlock:
        """Pictures that each show another moment of another scene, from another camera, in another look.

        Most are seen from a camera that suits the whole scene, as first frames of clips are, and then some more frames
        of the scene decide how near and far are coloured, as they do for a clip.
        """
        recipe = self._recipe
        keys = {source: self._keys(source, held_out=held_out) for source in (PHYSICS, KINEMATIC)}
        rng = np.random.default_rng(stable_seed("pictures", recipe.seed, index, int(held_out)))
        blocks = []
        for _ in range(recipe.pictures_per_block):
            kinematic = rng.random() < recipe.picture_kinematic or not keys[PHYSICS]
            chosen = keys[KINEMATIC if kinematic else PHYSICS]
            scene = self._scene(chosen[int(rng.integers(len(chosen)))])
            frame = int(rng.integers(scene.frames))
            seed = int(rng.integers(2**62))
            alone = scene.at([frame])
            if rng.random() < _OWN_CAMERA:
                part, camera = alone, self._camera(alone, seed, _PICTURE_VIEWS)
            else:
                part, camera = (
                    scene.at([frame, *spread_frames(scene.frames, _CONTEXT_FRAMES)]),
                    self._camera(scene, seed, _PICTURE_VIEWS),
                )
            blocks.append(
                render_scene(
                    part,
                    self._hand,
                    camera,
                    sample_style(seed),
                    recipe.conditions,
                    shown=[0],
                    with_hand=bool(rng.random() >= recipe.picture_hand_absent),
                )
            )
        return joined(blocks)

    def _keys(self, source: str, *, held_out: bool) -> list[str]:
        one_in = self._recipe.held_out_one_in
        return [key for key in scene_keys(self._layout.scenes, source) if is_held_out(key, one_in) == held_out]

    def _camera(self, scene: Scene, seed: int, views: int) -> Camera:
        scenery = Scenery(
            scene.hand_vertices,
            self._hand.faces,
            scene.joints,
            scene.object_vertices,
            scene.object_faces,
            scene.object_T_world,
        )
        return sample_camera(scenery, seed, self._recipe.width, self._recipe.height, views=views)

    def _load(self, key: str) -> Scene:
        return load_scene(self._layout.scenes / f"{key}.npz")


def _make_blocks(what: str, folder: Path, work: Mapping[str, Callable[[], FrameBlock]], deadline: Deadline) -> None:
    """Make the blocks that neither exist nor are being made by another process, until the time is over."""
    made, began, said = 0, time.monotonic(), time.monotonic()
    for place, (name, make) in enumerate(work.items()):
        if deadline.passed:
            break
        if not claim_block(folder, name):
            continue
        save_block(folder, name, make())
        made += 1
        if time.monotonic() - said > 10:
            said = time.monotonic()
            log.info("%s %d/%d, %.2f s each", what, place, len(work), (said - began) / made)


def _is_settled(folder: Path, request_key: str) -> bool:
    stem = folder / f"{PHYSICS}-{request_key}"
    return stem.with_suffix(".npz").is_file() or stem.with_suffix(".rejected").is_file()


def _simulate(folder: str, request: PoseRequest, frames: int, width: int, height: int) -> str | None:
    """Runs in a worker: one request to one saved scene; returns the reason of a rejection."""
    hand: HandModel = free_hand("right")
    key = f"{PHYSICS}-{request.key}"
    try:
        trajectory = PhysicsSource().trajectory(request, hand, frames, width, height)
    except TrajectoryRejected as error:
        (Path(folder) / f"{key}.rejected").write_text(f"{error}\n", encoding="utf-8")
        return f"{request.key}: {error}"
    save_scene(Path(folder), scene_of_trajectory(key, trajectory, hand))
    return None


def _be_nice() -> None:
    os.nice(5)
