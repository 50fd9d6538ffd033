"""Find a grasp that works: propose, simulate, keep what the simulation says, and look closer at the best few."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np
from jaxtyping import Float, Float64

from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.pose.penetration import contact_depths
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.motion_plan import CLIP_S, Timing, plan_motion
from pam_models.pose.physics.proposals import Grasp, ProposalSampler
from pam_models.pose.physics.record import Recording, record
from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.physics.rollout import Outcome, run_plan
from pam_models.pose.physics.scene import Scene, build_scene
from pam_models.pose.source import TrajectoryRejected

GOOD_COST = 1.0
HELD_S = 1.0
_MAX_TIMESTEP_S = 0.0025


@dataclass(frozen=True)
class SearchBudget:
    """How hard to look: proposals per round, rounds, when to stop, and how many finalists are measured on the mesh."""

    proposals: int = 8
    rounds: int = 8
    enough: int = 3
    draws: int = 200


@dataclass(frozen=True)
class GraspMotion:
    """A simulated motion that lifts, its phases, and how the simulation rated it."""

    recording: Recording
    phase: tuple[str, ...]
    fps: float
    outcome: Outcome
    grasp_kind: str


class GraspSampler(Protocol):
    """Draws grasps for one scene."""

    def sample(self, rng: np.random.Generator, count: int, attempts: int, *, wide: bool = False) -> list[Grasp]:
        """Return at most `count` grasps from at most `attempts` draws."""
        ...


def find_motion(
    hand: HandModel,
    betas: Float[np.ndarray, "10"],
    thing: RigidObject,
    frames: int,
    seed: int,
    budget: SearchBudget,
    sampler_of: Callable[[Scene], GraspSampler] = ProposalSampler,
) -> GraspMotion:
    """Search a grasp of `thing` and return the best simulated motion.

    The clip lasts 3.2 s, so `frames` sets the rate (49 frames: 15 fps). Raises TrajectoryRejected when nothing lifts
    the object.
    """
    if frames < 2:
        raise ValueError(f"a motion needs at least 2 frames, got {frames}")
    frame_s = CLIP_S / (frames - 1)
    stride = int(np.ceil(frame_s / _MAX_TIMESTEP_S))
    body = build_hand_body(hand, betas)
    scene = build_scene(body, thing, frame_s / stride)
    data = mujoco.MjData(scene.model)
    sampler = sampler_of(scene)
    timing = Timing()
    times = np.arange((frames - 1) * stride) * (frame_s / stride)
    lift_frame = min(round(timing.lift_s / frame_s), frames - 4)
    held_frames = min(int(np.ceil(HELD_S / frame_s)) + 1, frames)
    rng = np.random.default_rng([seed, 1])
    good: list[tuple[Outcome, str]] = []
    tried = 0
    best_rise = 0.0
    for attempt in range(budget.rounds):
        # Where ordinary grasps find nothing, every other round tries what a person does with a thing that is too wide.
        wide = attempt % 2 == 1 and not good
        for grasp in sampler.sample(rng, budget.proposals, budget.draws, wide=wide):
            outcome = run_plan(scene, data, plan_motion(grasp, timing, times, rng), stride, lift_frame, held_frames)
            tried += 1
            best_rise = max(best_rise, outcome.rise_m if outcome.slip_m < 0.2 else 0.0)
            if outcome.cost() < GOOD_COST:
                good.append((outcome, grasp.kind))
        if len(good) >= budget.enough:
            break
    if not good:
        raise TrajectoryRejected(
            f"none of {tried} simulated grasps lifted {thing.mesh.name} over 0.1 m and held it (best {best_rise:.3f} m)"
        )
    outcome, kind, recording = _best(
        scene, data, hand, betas, thing, sorted(good, key=lambda pair: pair[0].cost())[: budget.enough], lift_frame
    )
    phase = tuple(timing.phase(t * frame_s) for t in range(frames))
    return GraspMotion(recording, phase, 1.0 / frame_s, outcome, kind)


def _best(
    scene: Scene,
    data: mujoco.MjData,
    hand: HandModel,
    betas: Float[np.ndarray, "10"],
    thing: RigidObject,
    finalists: list[tuple[Outcome, str]],
    lift_frame: int,
) -> tuple[Outcome, str, Recording]:
    """Of the finalists, the one with the least cost and penetration of the skinned hand while it holds."""
    rated = []
    for row, (outcome, kind) in enumerate(finalists):
        recording = record(scene, data, outcome.qpos)
        frames = slice(lift_frame, None, 6)
        geometry = skin(hand, recording.pose_flat[frames], betas, recording.transl[frames])
        depth, _ = contact_depths(
            geometry.vertices, thing.mesh.vertices_m, thing.mesh.faces, recording.object_T_world[frames]
        )
        rated.append((outcome.cost() + 100.0 * float(depth.max()), row, outcome, kind, recording))
    _, _, outcome, kind, recording = min(rated, key=lambda entry: entry[:2])
    return outcome, kind, recording


def sample_betas(seed: int, sigma: float) -> Float64[np.ndarray, "10"]:
    """A person's hand shape: normal coefficients, cut at two sigma."""
    rng = np.random.default_rng([seed, 2])
    return np.clip(rng.normal(0.0, sigma, 10), -2 * sigma, 2 * sigma)
