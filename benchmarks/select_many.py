"""The cut over millions of candidates: seconds and peak memory, against the same decision by DuckDB's window function.

Goal: 3,000,000 candidates in at most 4 GiB, with DuckDB's verdicts. DuckDB only decides; the step also reads its parts,
derives ids and seeds, gives reasons and commits its part, so the ratio of times has no goal.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from tasks.build import Build, open_build
from tasks.config import load_config
from tasks.plan import Shard
from tasks.select import run_select
from tasks.store import Store
from tasks.tables.parts import read_part, write_columns
from tasks.tables.score import CANDIDATE_SCORES

GOAL_GIB = 4.0
SHARE = 0.25


def score_part(build: Build, first: int, count: int) -> bytes:
    """A part of `count` made-up scores: 30 candidates to a trajectory, one in fifty without a hand."""
    rng = np.random.default_rng(first)
    numbers = np.arange(first, first + count)
    missing = rng.random(count) < 0.02
    given = {
        "item_id": pa.array([f"{n * 2654435761 % 2**80:020x}" for n in numbers.tolist()]),
        "target_id": pa.array([f"{n * 40503 % 2**80:020x}" for n in numbers.tolist()]),
        "trajectory_id": pa.array([f"{n // 30:020x}" for n in numbers.tolist()]),
        "status": pa.repeat("ok", count),
        "mpjpe_mm": pa.array(rng.gamma(6.0, 3.0, count).astype(np.float32), mask=missing),
        "detected": pa.array(~missing),
        "attempts": pa.repeat(pa.scalar(1, pa.int32()), count),
        "seed": pa.array(numbers.astype(np.uint64)),
        "parent_id": pa.repeat("p", count),
        "shard_id": pa.repeat("s", count),
    }
    schema = CANDIDATE_SCORES.schema
    columns = [given.get(field.name, pa.nulls(count, field.type)) for field in schema]
    table = pa.Table.from_arrays(columns, schema=schema)
    return write_columns(CANDIDATE_SCORES, table, build.lineage("score-candidates", 1))


def decided_by_duckdb(store: Store, keys: list[str]) -> tuple[set[str], float]:
    """The ids that are kept, and the seconds."""
    started = time.perf_counter()
    files = [str(store.local_path(key)) for key in keys]
    query = """
        SELECT target_id FROM (
            SELECT target_id, row_number() OVER (ORDER BY mpjpe_mm ASC NULLS LAST, target_id) AS place,
                   count(*) OVER () AS n FROM read_parquet(?)
        ) WHERE place <= n - floor(n / 4)
    """
    kept = duckdb.connect().execute(query, [files]).fetchnumpy()["target_id"]
    return set(kept.tolist()), time.perf_counter() - started


def main() -> int:
    """Run and print; 1 when the goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--candidates", type=int, default=3_000_000)
    options.add_argument("--part", type=int, default=50_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="pam-select-") as folder:
        store = Store(str(Path(folder) / "store"))
        build = open_build(load_config(assignments=[f"select.candidates.drop_fraction={SHARE}"]), store)
        keys = []
        for first in range(0, given.candidates, given.part):
            keys.append(build.part_key("score-candidates", f"p{first:09d}"))
            store.commit_part(keys[-1], score_part(build, first, min(given.part, given.candidates - first)))
        shard = Shard("select-candidates", "cut", build.part_key("select-candidates", "cut"), inputs=tuple(keys))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        report = run_select(build, shard)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        theirs, their_seconds = decided_by_duckdb(store, keys)
        table = read_part(store.read(shard.key), shard.key, ("target_id", "kept")).table
        ours = set(table.filter(table.column("kept")).column("target_id").to_pylist())
    print(f"candidates {given.candidates}, kept {report.statuses['ok']}, dropped {report.statuses['filtered']}")
    print(f"peak memory {peak:.2f} GiB (before the cut {before:.2f} GiB), goal {GOAL_GIB} GiB")
    print(
        f"time {report.seconds:.1f} s with ids, seeds, reasons and commit; DuckDB deciding alone {their_seconds:.1f} s"
    )
    print(f"the same verdicts: {ours == theirs}")
    return 0 if ours == theirs and peak <= GOAL_GIB else 1


if __name__ == "__main__":
    sys.exit(main())
