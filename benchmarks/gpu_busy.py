"""GPU-busy share of a simulated build on 8 GPUs with the paper's stage costs, against stage after stage with the model
reloaded for each task.

Ours is `pam simulate`: the real flow, executor and store; models wait as long as the paper's Table 1 says (36.1 s a
picture, 245.7 s a clip), scaled. It counts from the moment when every first worker begins to load its model until the
last work ends; loading is idle time, and so is the wait for the first poses. What this machine needs for Prefect, Ray
and the store is scaled too: half a second between two steps is half a minute here, and a core that other programs take
is missed sixty times over, so leave the machine alone. 64 trajectories take three hours; start, cut and tail weigh less
in a build of 100,000. The baseline runs the same items on 8 threads that stand for the GPUs: one stage after the other,
each task loads its model, and the CPU work stands before and after the model's.
Goal: 0.97. Prints both shares and predicted hours; the exit code is 1 where the goal is missed.
"""

import argparse
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from flows.environment import quiet
from flows.simulate import simulate_here
from tasks.config import load_config
from tasks.config.model import GenerateConfig
from tasks.costs import StageCost, table_cost
from tasks.expected import expected_items
from tasks.steps import steps_of

GOAL = 0.97
TASK_ITEMS = {"appearance": 30, "score-candidates": 30, "video": 1, "score-clips": 1}


@dataclass
class Clock:
    """Time that runs faster, and how much of it GPUs worked."""

    speed: float
    busy_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, seconds: float, *, busy: bool = False) -> None:
        """Waits for simulated seconds."""
        started = time.perf_counter()
        time.sleep(seconds / self.speed)
        if busy:
            with self._lock:
                self.busy_s += (time.perf_counter() - started) * self.speed


def stage_after_stage(config: GenerateConfig, trajectories: int, gpus: int, speed: float) -> tuple[float, float]:
    """Busy share and hours of the baseline: stages in order, a model loaded for each task, nothing beside the GPU."""
    clock, items = Clock(speed), expected_items(config, trajectories)
    started = time.perf_counter()
    for step in steps_of(config):
        cost = table_cost(config, step.name)
        if not cost.gpu_s:
            clock.wait(items[step.name] * cost.cpu_s / gpus)
            continue
        size = TASK_ITEMS[step.name]
        tasks = deque(min(size, items[step.name] - first) for first in range(0, items[step.name], size))
        threads = [threading.Thread(target=work_off, args=(tasks, cost, clock)) for _ in range(gpus)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    wall_s = (time.perf_counter() - started) * speed
    return clock.busy_s / (gpus * wall_s), wall_s / 3600


def work_off(tasks: "deque[int]", cost: StageCost, clock: Clock) -> None:
    """One GPU: task after task, each with its own load."""
    while True:
        try:
            items = tasks.popleft()
        except IndexError:
            return
        clock.wait(cost.load_s + items * cost.cpu_s / 2)
        clock.wait(items * cost.gpu_s, busy=True)
        clock.wait(items * cost.cpu_s / 2)


def main() -> int:
    """Runs both and prints them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--trajectories", type=int, default=64)
    parser.add_argument("--speed", type=float, default=60.0, help="how many times faster than real")
    parser.add_argument("--baseline-speed", type=float, default=600.0, help="the baseline has no overhead to scale")
    options = parser.parse_args()
    quiet()
    settings = [
        f"pose.trajectories={options.trajectories}",
        "video.clips_per_trajectory=1",
        "appearance.batch_size=1",
        "execution.hardware=paper",
        "execution.mode=streaming",
        "execution.parallel_shards=4",
        "execution.stages.pose.shard_items=8",
        "execution.stages.pose.actors=2",
        "execution.stages.score.actors=2",
        "execution.stages.samples.actors=1",
    ]
    found = simulate_here("paper", None, settings, None, options.gpus, options.speed)
    config = load_config("paper", None, settings)
    share, hours = stage_after_stage(config, options.trajectories, options.gpus, options.baseline_speed)
    if found is None:
        raise SystemExit("nothing ran on a GPU")
    ours_hours = found.wall_s * options.speed / 3600
    print(f"ours:     GPU-busy {found.share:.3f}, {ours_hours:.2f} h on {options.gpus} GPUs")
    print(f"baseline: GPU-busy {share:.3f}, {hours:.2f} h (stage after stage, model reloaded for each task)")
    print(f"{'ok' if found.share >= GOAL else 'MISS'}: goal {GOAL}; {hours / ours_hours:.2f} times as fast")
    return 0 if found.share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
