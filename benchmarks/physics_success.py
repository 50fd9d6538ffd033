"""How often the physics source finds a good grasp, how clean it is, and what it costs.

    python benchmarks/physics_success.py --count 50 --seed 7

Goals: at least 85 % of the objects lifted over 10 cm and held for a second, mean of the maximum penetration under 3 mm,
median under 2 s of one core per accepted trajectory, under 500 MiB.
"""

import argparse
import resource
import time
from collections import Counter

import numpy as np

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.objects import OBJECT_WORDS
from pam_models.pose.source import TrajectoryRejected
from pam_models.pose.sources.physics import PhysicsSource


def main() -> None:
    """Run the survey and print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--side", choices=("right", "left"), default="right")
    arguments = parser.parse_args()
    source, hand = PhysicsSource(), free_hand(arguments.side)
    before_mib = _peak_mib()
    # The first trajectory compiles the distance and picture kernels; it is not one that is counted.
    source.trajectory(source.requests(1, arguments.seed + 1)[0], hand, 49, 144, 96)
    seconds: list[float] = []
    deepest_mm: list[float] = []
    tried: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for request in source.requests(arguments.count, arguments.seed):
        word = request.key.rpartition("-")[0]
        tried[word] += 1
        start = time.process_time()
        try:
            trajectory = source.trajectory(request, hand, 49, 144, 96)
        except TrajectoryRejected as reason:
            print(f"  {request.key}: {reason}")
            continue
        seconds.append(time.process_time() - start)
        deepest_mm.append(trajectory.quality.penetration_mm_max)
        good[word] += 1
    accepted = len(seconds)
    print(f"success                {accepted}/{arguments.count} = {accepted / arguments.count:.1%}")
    kinds = [f"{word} {good[word]}/{tried[word]}" for word in OBJECT_WORDS if tried[word]]
    print("by kind                " + ", ".join(kinds))
    if accepted:
        print(f"mean max penetration   {np.mean(deepest_mm):.2f} mm (worst {np.max(deepest_mm):.2f})")
        print(f"median CPU per accept  {np.median(seconds):.2f} s (worst {np.max(seconds):.2f})")
    print(f"peak memory            {_peak_mib():.0f} MiB ({before_mib:.0f} MiB after imports)")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
