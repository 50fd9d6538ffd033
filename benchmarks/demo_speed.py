"""How long a candidate and a clip take at demo size, from the weights that ship, in one process on one core.

Wall time is what is judged; processor time stands beside it, for a machine that is busy with something else.

    python benchmarks/demo_speed.py [--repeats 3]

Goals, on two cores (two such processes side by side): a candidate under 0.5 s, a clip of 49 frames under 15 s.
"""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from pam_models.appearance import AppearancePipeline
from pam_models.motion import MotionPipeline
from tasks.config import load_config

CANDIDATE_GOAL_S, CLIP_GOAL_S = 0.5, 15.0
PROMPT = "a tan hand grasps a red mug on a wooden table in soft light"


def pictures(count: int, seed: int) -> np.ndarray:
    """Blocks of random colours: time does not depend on what a picture shows."""
    cells = np.random.default_rng(seed).integers(0, 256, (count, 12, 18, 3), dtype=np.uint8)
    return np.repeat(np.repeat(cells, 8, axis=1), 8, axis=2)


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Wall and processor seconds of a call."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args(arguments).repeats
    demo = load_config("demo")
    painter, renderer = AppearancePipeline.load("demo"), MotionPipeline.load("demo")
    hints = {name: pictures(repeats, 0) for name in ("depth", "normal", "keypoints", "segmentation")}
    clips = {name: np.repeat(pictures(1, 1), 49, axis=0)[None] for name in renderer.conditions}

    def candidates(count: int) -> None:
        few = {name: hint[:count] for name, hint in hints.items()}
        painter.sample(few, [PROMPT] * count, list(range(count)), demo.appearance.steps, demo.appearance.guidance)

    def clip(seed: int) -> None:
        renderer.sample(pictures(1, 2), clips, [PROMPT], [seed], demo.video.steps, demo.video.guidance)

    candidates(1)
    clip(0)
    candidate_s, candidate_cpu_s = (seconds / repeats for seconds in timed(lambda: candidates(repeats)))
    clip_s, clip_cpu_s = np.median([timed(lambda seed=seed: clip(seed)) for seed in range(repeats)], axis=0)
    print(
        f"candidate {candidate_s:.3f} s, of the processor {candidate_cpu_s:.3f} s, "
        f"in {demo.appearance.steps} steps (goal {CANDIDATE_GOAL_S})"
    )
    print(f"clip {clip_s:.2f} s, of the processor {clip_cpu_s:.2f} s, in {demo.video.steps} steps (goal {CLIP_GOAL_S})")
    return 0 if candidate_s < CANDIDATE_GOAL_S and clip_s < CLIP_GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
