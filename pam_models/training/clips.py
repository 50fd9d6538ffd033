"""The data of a training run: scenes from physics (and kinematic ones), rendered as clips and as single pictures.

Everything is a function of the recipe's seed and an index, is made once, and is kept: a stopped run goes on where it was.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from pam_models.conditions.appearance_style import sample_style
from pam_models.conditions.camera import Camera
from pam_models.hand.free_hand import free_hand
from pam_models.hand.model import HandModel
from pam_models.pose.camera_sampling import sample_camera
from pam_models.pose.source import PoseRequest, TrajectoryRejected
from pam_models.pose.sources.physics import PhysicsSource
from pam_models.training.frame_store import FrameBlock, block_names, save_block
from pam_models.training.kinematic import kinematic_scene
from pam_models.training.layout import RunLayout, clip_block, picture_block
from pam_models.training.recipe import DataRecipe
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

log = logging.getLogger(__name__)

PHYSICS, KINEMATIC = "physics", "kinematic"
_OWN_CAMERA = 0.3
_HELD_OUT_PICTURE_BLOCKS = 3
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

    def __init__(self, recipe: DataRecipe, layout: RunLayout) -> None:
        self._recipe = recipe
        self._layout = layout
        self._hand = free_hand("right")
        self._scene = lru_cache(maxsize=_SCENES_OPEN)(self._load)

    def make_kinematic_scenes(self) -> int:
        """Make the kinematic scenes that are missing (seconds); returns how many there are."""
        ready = set(scene_keys(self._layout.scenes, KINEMATIC))
        for index in range(self._recipe.kinematic_scenes):
            if f"{KINEMATIC}-{self._recipe.seed}-{index:05d}" not in ready:
                save_scene(self._layout.scenes, kinematic_scene(index, self._recipe.seed, self._hand, self._recipe.frames))
        return self._recipe.kinematic_scenes

    def make_physics_scenes(self, processes: int, deadline: Deadline) -> int:
        """Simulate until there are as many scenes as the recipe asks for, or the time is over; returns how many there are."""
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
                    waiting.add(pool.submit(_simulate, str(folder), request, recipe.frames, recipe.width, recipe.height))
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
                    log.info("scenes %d/%d, %.1f s each", ready + made, recipe.physics_scenes, (said - began) / max(1, made))
            pool.shutdown(wait=True, cancel_futures=True)
        return len(scene_keys(folder, PHYSICS))

    def clip(self, scene_key: str, view: int) -> FrameBlock:
        """One view of a scene: the camera and the look follow from the scene's key and the view's number."""
        scene = self._scene(scene_key)
        seed = stable_seed("view", self._recipe.seed, scene_key, view)
        return render_scene(scene, self._hand, self._camera(scene, seed), sample_style(seed), self._recipe.conditions)

    def make_clips(self, deadline: Deadline) -> int:
        """Render the clips that are missing of every scene that is ready; returns how many there are."""
        recipe = self._recipe
        ready = set(block_names(self._layout.clips))
        wanted = [
            (key, view) for view in range(recipe.clips_per_scene) for key in scene_keys(self._layout.scenes, PHYSICS)
        ] + [(key, 0) for key in scene_keys(self._layout.scenes, KINEMATIC)]
        made, began, said = 0, time.monotonic(), time.monotonic()
        for place, (key, view) in enumerate(wanted):
            name = clip_block(key, view, held_out=is_held_out(key, recipe.held_out_one_in))
            if name in ready:
                continue
            if deadline.passed:
                break
            save_block(self._layout.clips, name, self.clip(key, view))
            made += 1
            if time.monotonic() - said > 10:
                said = time.monotonic()
                log.info("clips %d/%d, %.2f s each", place, len(wanted), (said - began) / made)
        return len(block_names(self._layout.clips))

    def make_pictures(self, deadline: Deadline) -> int:
        """Render the blocks of single pictures that are missing; returns how many blocks there are."""
        blocks = -(-self._recipe.pictures // self._recipe.pictures_per_block)
        ready = set(block_names(self._layout.pictures))
        wanted = [(index, True) for index in range(_HELD_OUT_PICTURE_BLOCKS)] + [(index, False) for index in range(blocks)]
        made, began, said = 0, time.monotonic(), time.monotonic()
        for index, held_out in wanted:
            name = picture_block(index, held_out=held_out)
            if name in ready:
                continue
            if deadline.passed:
                break
            save_block(self._layout.pictures, name, self.picture_block(index, held_out=held_out))
            made += 1
            if time.monotonic() - said > 10:
                said = time.monotonic()
                log.info("picture blocks %d/%d, %.2f s each", index, blocks, (said - began) / made)
        return len(block_names(self._layout.pictures))

    def picture_block(self, index: int, *, held_out: bool) -> FrameBlock:
        """Pictures that each show another moment of another scene, from another camera, in another look."""
        recipe = self._recipe
        keys = {source: self._keys(source, held_out=held_out) for source in (PHYSICS, KINEMATIC)}
        rng = np.random.default_rng(stable_seed("pictures", recipe.seed, index, int(held_out)))
        blocks = []
        for _ in range(recipe.pictures_per_block):
            kinematic = rng.random() < recipe.picture_kinematic or not keys[PHYSICS]
            chosen = keys[KINEMATIC if kinematic else PHYSICS]
            scene = self._scene(chosen[int(rng.integers(len(chosen)))])
            moment = scene.moment(int(rng.integers(scene.frames)))
            seed = int(rng.integers(2**62))
            camera = self._camera(moment if rng.random() < _OWN_CAMERA else scene, seed)
            with_hand = bool(rng.random() >= recipe.picture_hand_absent)
            blocks.append(render_scene(moment, self._hand, camera, sample_style(seed), recipe.conditions, with_hand=with_hand))
        return joined(blocks)

    def _keys(self, source: str, *, held_out: bool) -> list[str]:
        one_in = self._recipe.held_out_one_in
        return [key for key in scene_keys(self._layout.scenes, source) if is_held_out(key, one_in) == held_out]

    def _camera(self, scene: Scene, seed: int) -> Camera:
        return sample_camera(
            scene.joints, scene.object_vertices, scene.object_T_world, seed, self._recipe.width, self._recipe.height
        )

    def _load(self, key: str) -> Scene:
        return load_scene(self._layout.scenes / f"{key}.npz")


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
