"""The physics source: objects grasped in simulation; with procedural ones there is nothing to download."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from pam_models.hand.model import HandModel
from pam_models.pose.physics.search import SearchBudget, motions, sample_betas
from pam_models.pose.physics.supply import ObjectSupply, ProceduralObjects
from pam_models.pose.quality_gate import SIMULATED, QualityGate
from pam_models.pose.source import BadInput, PoseRequest
from pam_models.pose.sources.simulated import first_kept, simulated
from pam_models.pose.trajectory import Trajectory


@dataclass(frozen=True)
class PhysicsSource:
    """Trajectories simulated from a seed.

    `objects` are cycled through by name; `betas_sigma` spreads the hand's shape; `gate` rejects what is not good.
    """

    objects: ObjectSupply = field(default_factory=ProceduralObjects)
    budget: SearchBudget = field(default_factory=SearchBudget)
    gate: QualityGate = SIMULATED
    betas_sigma: float = 0.5

    def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
        """Return `count` requests, one object after the other. The source has no end, so None gives one of each.

        Raises BadInput when there is no object.
        """
        names = self.objects.names()
        wanted = len(names) if count is None else count
        return [
            PoseRequest(
                f"{names[index % len(names)]}-{index:04d}",
                int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0] >> 1),
            )
            for index in range(wanted)
        ]

    def trajectory(self, request: PoseRequest, hand: HandModel, frames: int, width: int, height: int) -> Trajectory:
        """Simulate one grasp. Raises TrajectoryRejected when none is good, BadInput where an object cannot be made."""
        name = request.key.rpartition("-")[0]
        if not name:
            raise BadInput(f"request key {request.key!r} names no object; it must look like 'mug-0003'")
        thing = self.objects.make(name, request.seed)
        betas = sample_betas(request.seed, self.betas_sigma).astype(np.float32)
        tried = motions(hand, betas, thing, frames, request.seed, self.budget)
        make = partial(
            simulated,
            source="physics",
            thing=thing,
            hand=hand,
            betas=betas,
            seed=request.seed,
            picture=(width, height),
            gate=self.gate,
        )
        return first_kept(tried, make)
