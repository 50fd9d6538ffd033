"""Rollouts are repeatable and judged by what the object does."""

import mujoco
import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.motion_plan import CLIP_S, Timing, plan_motion
from pam_models.pose.physics.objects import make_object
from pam_models.pose.physics.proposals import ProposalSampler
from pam_models.pose.physics.rollout import judge, run_plan
from pam_models.pose.physics.scene import Scene, build_scene


@pytest.fixture(scope="module")
def scene() -> Scene:
    return build_scene(build_hand_body(free_hand("right"), np.zeros(10, np.float32)), make_object("bottle", 0), 1 / 405)


def test_same_plan_same_states(scene: Scene) -> None:
    """Catches scratch memory leaking from one rollout into the next."""
    rng = np.random.default_rng(0)
    grasps = ProposalSampler(scene).sample(rng, 2, 300)
    times = np.arange(48 * 27) / 405
    plans = [plan_motion(grasp, Timing(), times, rng) for grasp in grasps]
    data = mujoco.MjData(scene.model)
    first = run_plan(scene, data, plans[0], 27, 23, 16)
    run_plan(scene, data, plans[1], 27, 23, 16)
    again = run_plan(scene, data, plans[0], 27, 23, 16)
    assert first.qpos.shape == (49, scene.model.nq)
    np.testing.assert_array_equal(first.qpos, again.qpos)
    assert times[-1] < CLIP_S


def states(scene: Scene, wrist_z: np.ndarray, object_z: np.ndarray) -> np.ndarray:
    rest = scene.qpos(np.array([0.0, 0.0, 0.3]), np.array([1.0, 0, 0, 0]), np.zeros(20))
    found = np.tile(rest, (len(wrist_z), 1))
    found[:, 2] += wrist_z
    found[:, scene.object_slice.start + 2] += object_z
    return found


def test_judge_tells_carried_from_thrown(scene: Scene) -> None:
    """Catches an object that flies up being taken for a lifted one, and a drop before the end being missed."""
    up = np.concatenate([np.zeros(24), np.linspace(0, 0.14, 9), np.full(16, 0.14)])
    carried = judge(scene, states(scene, up, up), 23, 16)
    left = judge(scene, states(scene, up, 0 * up), 23, 16)
    thrown = judge(scene, states(scene, 0 * up, up), 23, 16)
    dropped_path = up.copy()
    dropped_path[-3:] = 0.02
    dropped = judge(scene, states(scene, up, dropped_path), 23, 16)
    assert carried.cost() < 0.5
    assert min(left.cost(), dropped.cost()) > 5.0
    assert thrown.cost() > 1.0
    broken = states(scene, up, up)
    broken[10, 3] = np.nan
    assert judge(scene, broken, 23, 16).cost() > 5.0
