"""Peak memory and time of an evaluation of many clips, against holding the decoded clips as most metric scripts do.

Builds a synthetic published build (49 frames at 96 x 144) in a temporary folder, evaluates it in this process, and then
decodes a sample of its clips into one list, as a script does that gathers before it measures. Goal: the evaluation's
memory grows by at most a hundredth of what holding all clips would take.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tasks.evaluation.settings import settings_of
from tasks.evaluation.shards import Evaluation
from tasks.evaluation.summary import summarise
from tasks.media import read_frames
from tests.tasks.evaluation.many_clips import publish_many

GOAL_SHARE = 0.01
WARM_UP_SHARDS = 2
HELD = 100


def peak_mib() -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> int:
    """Run and print; 1 when the goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clips", type=int, default=1600)
    options.add_argument("--metrics", default="psnr,flicker,fvd,motion_fidelity")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="pam-evaluation-") as folder:
        store, build, clip_bytes = publish_many(Path(folder) / "store", given.clips)
        started = time.perf_counter()
        evaluation = Evaluation(store, build.build_id, settings_of([given.metrics]))
        shards = evaluation.shards()
        for shard in shards[:WARM_UP_SHARDS]:
            evaluation.measure(shard)
        warm = peak_mib()
        for shard in shards[WARM_UP_SHARDS:]:
            evaluation.measure(shard)
        summary = summarise(evaluation)
        seconds, peak = time.perf_counter() - started, peak_mib()
        clips = [read_frames(store.read(clip.uri)) for clip in evaluation.clips[:HELD]]
        held = peak_mib()
    whole = 2 * given.clips * clip_bytes / 2**20
    share = (peak - warm) / whole
    each = f"{seconds:.0f} s, {seconds / summary.clips:.3f} s each"
    print(f"clips {summary.clips} of 49 frames, failed {summary.failed}, {each}")
    print(f"peak {peak:.0f} MiB, after the first {WARM_UP_SHARDS} shards {warm:.0f} MiB: grew by {peak - warm:.0f} MiB")
    print(
        f"all clips and references decoded: {whole:.0f} MiB; {len(clips)} clips held raise the peak to {held:.0f} MiB"
    )
    print(f"growth is {share:.4f} of holding everything, goal {GOAL_SHARE}")
    return 0 if share <= GOAL_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
