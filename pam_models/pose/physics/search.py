"""Find a grasp that works: propose, simulate, keep what the simulation says, and look closer at the best few."""

from collections.abc import Callable, Iterator
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
_TOUCHING = 0.8


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


def motions(
    hand: HandModel,
    betas: Float[np.ndarray, "10"],
    thing: RigidObject,
    frames: int,
    seed: int,
    budget: SearchBudget,
    sampler_of: Callable[[Scene], GraspSampler] = ProposalSampler,
) -> Iterator[GraspMotion]:
    """Search grasps of `thing` and yield simulated motions that lift it, those found first before later ones, the best
    of them first; whoever asks on makes the search go on.

    The clip lasts 3.2 s, so `frames` sets the rate (49 frames: 15 fps). Raises TrajectoryRejected when nothing lifts
    the object.
    """
    if frames < 2:
        raise ValueError(f"a motion needs at least 2 frames, got {frames}")
    search = _Search(hand, betas, thing, frames, seed)
    sampler = sampler_of(search.scene)
    good: list[tuple[Outcome, str]] = []
    yielded = False
    for attempt in range(budget.rounds):
        good += search.round(sampler, budget, search.rng, wide=False)
        if not good:
            # A round of what a person does with a thing that is too wide for an ordinary grasp.
            good += search.round(sampler, budget, search.wide_rng, wide=True)
        if good and (len(good) >= budget.enough or attempt == budget.rounds - 1):
            yield from search.rated(sorted(good, key=lambda pair: pair[0].cost())[: budget.enough])
            good, yielded = [], True
    if not yielded:
        raise TrajectoryRejected(
            f"none of {search.tried} simulated grasps lifted {thing.mesh.name} over 0.1 m and held it "
            f"(best {search.best_rise_m:.3f} m)"
        )


class _Search:
    """One object's scene, and what has been tried in it."""

    def __init__(
        self, hand: HandModel, betas: Float[np.ndarray, "10"], thing: RigidObject, frames: int, seed: int
    ) -> None:
        self.frame_s = CLIP_S / (frames - 1)
        self.stride = int(np.ceil(self.frame_s / _MAX_TIMESTEP_S))
        self.scene = build_scene(build_hand_body(hand, betas), thing, self.frame_s / self.stride)
        self.rng = np.random.default_rng([seed, 1])
        self.wide_rng = np.random.default_rng([seed, 4])
        self.tried = 0
        self.best_rise_m = 0.0
        self._hand, self._betas, self._thing, self._frames = hand, betas, thing, frames
        self._data = mujoco.MjData(self.scene.model)
        self._timing = Timing()
        self._times = np.arange((frames - 1) * self.stride) * (self.frame_s / self.stride)
        self._lift_frame = min(round(self._timing.lift_s / self.frame_s), frames - 4)
        self._held_frames = min(int(np.ceil(HELD_S / self.frame_s)) + 1, frames)

    def round(
        self, sampler: GraspSampler, budget: SearchBudget, rng: np.random.Generator, *, wide: bool
    ) -> list[tuple[Outcome, str]]:
        """Draw, plan and run some grasps; return what became of those that lift, and their kinds."""
        good = []
        for grasp in sampler.sample(rng, budget.proposals, budget.draws, wide=wide):
            plan = plan_motion(grasp, self._timing, self._times, rng)
            outcome = run_plan(self.scene, self._data, plan, self.stride, self._lift_frame, self._held_frames)
            self.tried += 1
            self.best_rise_m = max(self.best_rise_m, outcome.rise_m if outcome.slip_m < 0.2 else 0.0)
            if outcome.cost() < GOOD_COST:
                good.append((outcome, grasp.kind))
        return good

    def rated(self, finalists: list[tuple[Outcome, str]]) -> list[GraspMotion]:
        """The finalists by cost and penetration of the skinned hand while it holds, least first; those that do not
        touch the mesh (for convex parts stand off a little) last.
        """
        phase = tuple(self._timing.phase(t * self.frame_s) for t in range(self._frames))
        found = []
        for row, (outcome, kind) in enumerate(finalists):
            recording = record(self.scene, self._data, outcome.qpos)
            frames = slice(self._lift_frame, None, 6)
            geometry = skin(self._hand, recording.pose_flat[frames], self._betas, recording.transl[frames])
            mesh = self._thing.mesh
            depth, touched = contact_depths(
                geometry.vertices, mesh.vertices_m, mesh.faces, recording.object_T_world[frames], self._thing.solid
            )
            cost = outcome.cost() + 100.0 * float(depth.max())
            apart = bool(touched.mean() < _TOUCHING)
            found.append(((apart, cost, row), GraspMotion(recording, phase, 1.0 / self.frame_s, outcome, kind)))
        return [motion for _, motion in sorted(found, key=lambda entry: entry[0])]


def sample_betas(seed: int, sigma: float) -> Float64[np.ndarray, "10"]:
    """A person's hand shape: normal coefficients, cut at two sigma."""
    rng = np.random.default_rng([seed, 2])
    return np.clip(rng.normal(0.0, sigma, 10), -2 * sigma, 2 * sigma)
