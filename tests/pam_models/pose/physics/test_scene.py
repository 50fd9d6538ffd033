"""The scene at rest: nothing moves that should not."""

import mujoco
import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.objects import OBJECT_WORDS, make_object
from pam_models.pose.physics.scene import Scene, build_scene


def scene_of(word: str) -> Scene:
    return build_scene(build_hand_body(free_hand("right"), np.zeros(10, np.float32)), make_object(word, 2), 0.0025)


@pytest.mark.parametrize("word", OBJECT_WORDS)
def test_object_rests_and_hand_hangs_still(word: str) -> None:
    """Catches objects that start in the table or fall over, and a hand that sags under gravity or blows up."""
    scene = scene_of(word)
    data = mujoco.MjData(scene.model)
    place = np.array([0.0, 0.0, 0.4])
    data.qpos[:] = scene.qpos(place, np.array([1.0, 0, 0, 0]), np.zeros(20))
    data.mocap_pos[0] = place
    for _ in range(400):
        mujoco.mj_step(scene.model, data)
    assert np.abs(data.qpos[scene.object_slice][:3] - [0, 0, scene.thing.rest_height_m]).max() < 0.001
    assert np.abs(data.qpos[:3] - place).max() < 0.001
    assert np.abs(data.qpos[scene.hinge_slice]).max() < 0.02


def test_masses_and_limits_reach_the_model() -> None:
    """Catches an object without its mass and hinges without their limits."""
    scene = scene_of("box")
    assert scene.model.body("object").mass[0] == pytest.approx(make_object("box", 2).mass_kg, rel=1e-5)
    for hinge in scene.body.hinges:
        joint = scene.model.joint(hinge.name)
        assert joint.range == pytest.approx([hinge.low, hinge.high], abs=1e-4)
