"""Forward kinematics agrees with the simulator, and the pinch closes."""

import mujoco
import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.hand_body import HandBody, build_hand_body
from pam_models.pose.physics.hand_shapes import HandShapeSampler
from pam_models.pose.physics.kinematics import PINCHING, pad_centre, pad_radius_m, touching_pinch
from pam_models.pose.physics.objects import make_object
from pam_models.pose.physics.scene import build_scene


@pytest.fixture(scope="module", params=["right", "left"])
def body(request: pytest.FixtureRequest) -> HandBody:
    return build_hand_body(free_hand(request.param), np.zeros(10, np.float32))


def test_pads_are_where_the_simulator_has_them(body: HandBody) -> None:
    """Catches another order of hinges within a joint than the simulator's."""
    scene = build_scene(body, make_object("ball", 0), 0.002)
    data = mujoco.MjData(scene.model)
    angles = HandShapeSampler(body).sample("pinch", np.random.default_rng(0)).closed
    data.qpos[:] = scene.qpos(body.joints_m[0], np.array([1.0, 0, 0, 0]), angles)
    mujoco.mj_kinematics(scene.model, data)
    for finger, joint in (("thumb", 15), ("index", 3), ("pinky", 9)):
        capsule = next(capsule for capsule in body.capsules if capsule.joint == joint)
        frame = data.body(f"joint{joint}")
        wanted = frame.xpos + frame.xmat.reshape(3, 3) @ (0.4 * capsule.start_m + 0.6 * capsule.end_m)
        np.testing.assert_allclose(pad_centre(body, finger, angles), wanted, atol=1e-9)


def test_pinch_brings_the_pads_together(body: HandBody) -> None:
    """Catches a pinch that stays open: nothing thin could be held."""
    near = np.radians([{"mcp": 55, "pip": 42, "dip": 20}.get(h.name.partition("_")[2], 10) for h in body.hinges])
    angles = touching_pinch(body, near)
    thumb, index, middle = (pad_centre(body, finger, angles) for finger in PINCHING)
    assert np.linalg.norm(thumb - (index + middle) / 2) < 2.6 * pad_radius_m(body)
    for hinge, angle in zip(body.hinges, angles, strict=True):
        if hinge.name.partition("_")[0] in PINCHING and "spread" not in hinge.name:
            assert hinge.low - 1e-9 <= angle <= hinge.high + 1e-9
