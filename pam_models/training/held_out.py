"""Clips of simulated objects and motions that no training saw, rendered as the training clips were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pam_models.conditions.appearance_style import sample_style
from pam_models.hand.free_hand import free_hand
from pam_models.pose.camera_sampling import Scenery, sample_camera
from pam_models.pose.source import TrajectoryRejected
from pam_models.pose.sources.physics import PhysicsSource
from pam_models.training.data_recipe import SimulatedData
from pam_models.training.frame_store import FrameBlock, block_names, load_block, save_block
from pam_models.training.rendering import render_scene
from pam_models.training.scenes import scene_of_trajectory, stable_seed

_MOST_TRIES = 4


def unseen_clips(recipe: SimulatedData, count: int, seed: int, folder: Path) -> Iterator[tuple[str, FrameBlock]]:
    """`count` clips with their names, simulated and rendered where `folder` does not hold them yet.

    Objects and motions follow from `seed`. Raises ValueError for the seed that the recipe trains with, and when the
    simulation rejects too many.
    """
    if seed == recipe.seed:
        raise ValueError(f"seed {seed} is the recipe's own: these objects and motions were trained on; take another")
    ready = set(block_names(folder))
    given = 0
    hand = free_hand("right")
    for request in PhysicsSource().requests(_MOST_TRIES * count, seed):
        name = f"held-{seed}-{request.key}"
        refusal = folder / f"{name}.rejected"
        if refusal.is_file():
            continue
        if name not in ready:
            try:
                trajectory = PhysicsSource().trajectory(request, hand, recipe.frames, recipe.width, recipe.height)
            except TrajectoryRejected as error:
                folder.mkdir(parents=True, exist_ok=True)
                refusal.write_text(f"{error}\n", encoding="utf-8")
                continue
            scene = scene_of_trajectory(request.key, trajectory, hand)
            view = stable_seed("held-out", seed, request.key)
            scenery = Scenery(
                scene.hand_vertices, hand.faces, scene.joints, scene.object_vertices, scene.object_faces,
                scene.object_T_world,
            )  # fmt: skip
            camera = sample_camera(scenery, view, recipe.width, recipe.height)
            save_block(folder, name, render_scene(scene, hand, camera, sample_style(view), recipe.conditions))
        yield name, load_block(folder, name)
        given += 1
        if given == count:
            return
    raise ValueError(f"only {given} of {count} clips came out of {_MOST_TRIES * count} simulations")
