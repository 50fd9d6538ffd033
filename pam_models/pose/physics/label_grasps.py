"""Variations of one given grasp: the hand opens before it, arrives at it, and squeezes beyond it."""

from dataclasses import dataclass
from math import radians

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from pam_models.pose.physics.hand_shapes import HandShape, HandShapeSampler
from pam_models.pose.physics.proposals import Grasp
from pam_models.pose.physics.scene import Scene


@dataclass(frozen=True)
class GivenGrasp:
    """A grasp in the object's frame: wrist, hand rotation, and hinge angles at contact."""

    wrist_m: Float64[np.ndarray, "3"]
    rotation: Float64[np.ndarray, "3 3"]
    angles: Float64[np.ndarray, "20"]


class GivenGraspSampler:
    """Draws variations of a given grasp for one scene; the first ones keep to it, later ones move away from it."""

    def __init__(self, scene: Scene, given: GivenGrasp) -> None:
        self._scene = scene
        self._given = given
        self._shapes = HandShapeSampler(scene.body)
        self._low, self._high = np.array([(hinge.low, hinge.high) for hinge in scene.body.hinges]).T
        self._drawn = 0

    def sample(self, rng: np.random.Generator, count: int, attempts: int, *, wide: bool = False) -> list[Grasp]:
        """Return `count` variations."""
        return [self._draw(rng) for _ in range(count)]

    def _draw(self, rng: np.random.Generator) -> Grasp:
        spread = min(self._drawn / 24, 1.0)
        self._drawn += 1
        body, thing, given = self._scene.body, self._scene.thing, self._given
        rest = Rotation.from_quat(thing.rest_quat, scalar_first=True)
        wobble = Rotation.from_rotvec(rng.normal(0.0, radians(6) * spread, 3))
        rotation = (wobble * rest).as_matrix() @ given.rotation
        wrist = rest.apply(given.wrist_m) + np.array([0.0, 0.0, thing.rest_height_m])
        palm, fingers = rotation @ body.palm.palm, rotation @ body.palm.fingers
        wrist = wrist + rng.normal(0.0, 0.006 * spread, 3) - palm * rng.uniform(-0.002, 0.01) * spread
        relaxed, wide_open = self._shapes.sample("power", rng), self._shapes.sample("span", rng)
        opened = given.angles + rng.uniform(0.45, 1.0) * (wide_open.opened - given.angles)
        closed = opened + rng.uniform(1.4, 2.2) * (given.angles - opened)
        shape = HandShape(
            relaxed.relaxed, np.clip(opened, self._low, self._high), np.clip(closed, self._low, self._high)
        )
        approach = rng.uniform(0.3, 1.0) * palm + rng.uniform(0.2, 0.8) * fingers
        # A hand on a table comes from above rather than along it.
        approach[2] = min(approach[2], -0.15)
        return Grasp("label", wrist, rotation, approach / np.linalg.norm(approach), shape)
