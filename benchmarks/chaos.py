"""What a build endures, against the same build undisturbed: `kills` (its process is killed again and again at random
moments) and `faults` (store requests fail and hang, items crash their workers, which only Ray's survive).

    python benchmarks/chaos.py kills --kills 50 [--executor ray]
    python benchmarks/chaos.py faults --trajectories 30
"""

import argparse
import logging
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faulty_store import Faults, at_rates, faulty_store
from plain_build import simulated_build, work_off

from tasks.ids import sha256_hex
from tasks.plan import Planner
from tasks.steps import steps_of
from tasks.store import Store
from tasks.tables.lineage import code_version
from tasks.verify import verify

NAME = "build"
DRIVER = Path(__file__).with_name("plain_build.py")
# Shards that a life may begin before it is killed, and seconds within which it is killed then.
MOST_SHARDS = 6
WITHIN_S = 0.3
WHILE_STARTING = 0.1
LIFE_S = 300.0
FAILING, HANGING, CRASHING = 0.05, 0.01, 0.01
# A request that hangs costs its shard a quarter of a minute, so several shards are under way.
SHARDS_AT_ONCE = 8
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass
class Lives:
    """What the lives of one build came to: shards that each began, and which of them an earlier life had begun."""

    kills: int = 0
    begun: set[str] = field(default_factory=set)
    again: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def end(self, shards: set[str], seconds: float) -> None:
        """Takes in the shards that a life began."""
        self.again.append(len(shards & self.begun))
        self.begun |= shards
        self.seconds.append(seconds)


def killed_again_and_again(folder: Path, kills: int, settings: Sequence[str], seed: int) -> Lives:
    """Runs a build in processes that are killed at random moments, and lets the one after the last kill end."""
    draws, lives = random.Random(seed), Lives()
    while True:
        log = folder / f"life-{len(lives.again)}.txt"
        log.touch()
        started = time.monotonic()
        command = [sys.executable, str(DRIVER), str(folder / "store"), NAME, str(log), *settings]
        with (folder / "last-words.txt").open("wb") as words:
            process = subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT, env={**os.environ, **QUIET})
        if lives.kills < kills and _reached(process, log, draws):
            process.kill()
        process.wait(LIFE_S)
        lines = log.read_text(encoding="ascii").split("\n")
        lives.end({line for line in lines if "/" in line}, time.monotonic() - started)
        if process.returncode == 0:
            return lives
        if process.returncode > 0:
            raise SystemExit(f"a life ended by itself: {(folder / 'last-words.txt').read_text()[-2000:]}")
        lives.kills += 1


QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


def _reached(process: "subprocess.Popen[bytes]", log: Path, draws: random.Random) -> bool:
    """Waits until the moment to kill a process has come; False when it ended before."""
    shards = 0 if draws.random() < WHILE_STARTING else draws.randint(1, MOST_SHARDS)
    while shards and log.read_text(encoding="ascii").count("/manifests/") < shards:
        if process.poll() is not None:
            return False
        time.sleep(0.005)
    time.sleep(draws.uniform(0.0, WITHIN_S if shards else 2.0))
    return process.poll() is None


def kills_command(options: argparse.Namespace) -> bool:
    """Prints what N kills did; whether the end is the same and no more was done again than workers were at work."""
    sources = code_version()
    trajectories = options.trajectories or max(3, math.ceil(1.6 * options.kills))
    workers = 1 if options.executor == "inline" else 2
    settings = [
        f"execution.executor={options.executor}",
        f"execution.parallel_shards={workers}",
        f"pose.trajectories={trajectories}",
        "execution.num_cpus=4",
    ]
    with tempfile.TemporaryDirectory(prefix="pam-chaos-") as folder:
        undisturbed = Store(f"{folder}/undisturbed")
        inline = [setting for setting in settings if "execution" not in setting]
        work_off(simulated_build(undisturbed, *inline, "execution.executor=inline", name=NAME))
        lives = killed_again_and_again(Path(folder), options.kills, settings, options.seed)
        store = Store(f"{folder}/store")
        same = store.read(f"builds/{NAME}/snapshot.json") == undisturbed.read(f"builds/{NAME}/snapshot.json")
        findings = verify(store, NAME).findings
    code_version.cache_clear()
    if code_version() != sources:
        raise SystemExit("PAM's sources changed meanwhile: parts and snapshot name them, so this run says nothing")
    most = max(lives.again)
    print(f"killed {lives.kills} times ({len(lives.begun)} shards, {workers} workers, {options.executor})")
    print(f"snapshot hash as undisturbed: {same}; verify finds {len(findings)} things")
    print(f"shards done again after a kill: at most {most}, in all {sum(lives.again)}; {most / workers:g} a worker")
    print(f"a life took {sum(lives.seconds) / len(lives.seconds):.1f} s on average, all {sum(lives.seconds):.0f} s")
    return same and not findings and most <= workers and lives.kills >= options.kills


def faults_command(options: argparse.Namespace) -> bool:
    """Prints what became of a build whose store and workers fail; whether nothing but the crashing items was lost."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    upstream = "http://{}:{}".format(*server.get_host_and_port())
    faults = Faults()
    try:
        with faulty_store(upstream, faults) as endpoint:
            os.environ.update(KEYS | QUIET | {"AWS_ENDPOINT_URL": endpoint})
            store = Store("s3://chaos/store")
            store._backend.fs.mkdir("chaos")  # type: ignore[union-attr]  a bucket, before there is a store
            store.probe()
            build = simulated_build(
                store,
                f"pose.trajectories={options.trajectories}",
                f"execution.simulation.crashes={CRASHING}",
                f"execution.parallel_shards={SHARDS_AT_ONCE}",
                "execution.num_cpus=4",
                name=NAME,
            )
            faults.choose = at_rates(options.seed, {"503": FAILING, "hang": HANGING})
            started = time.monotonic()
            work_off(build)
            seconds = time.monotonic() - started
            injected, requests = dict(faults.injected), faults.requests
            faults.choose = Faults().choose
            findings = verify(store, NAME).findings
            planner = Planner(build)
            rows = [
                row
                for step in steps_of(build.config)
                if not step.reduce
                for row in planner.rows(step.name, ("seed", "status", "error_type"))
            ]
    finally:
        server.stop()
    crashing = {row["seed"] for row in rows if _chosen(row["seed"])}
    died = {row["seed"] for row in rows if row["error_type"] == "WorkerDied"}
    statuses = Counter(row["status"] for row in rows)
    print(f"{requests} requests to the store: {injected}; {seconds:.0f} s")
    print(f"rows: {dict(statuses)}; items chosen to crash: {len(crashing)}, failed as WorkerDied: {len(died)}")
    print(f"every crash is a failed row: {crashing == died}; verify finds {len(findings)} things")
    return crashing == died and statuses["failed"] == len(died) and not findings and bool(injected)


def _chosen(seed: int) -> bool:
    """Whether a simulated stage ends its process for the item of this seed."""
    return int(sha256_hex(f"crash/{seed}")[:12], 16) % 10**6 < CRASHING * 10**6


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen = parser.add_subparsers(required=True)
    kills = chosen.add_parser("kills")
    kills.add_argument("--kills", type=int, default=50)
    kills.add_argument("--trajectories", type=int, default=0, help="0: as many as the kills need")
    kills.set_defaults(run=kills_command)
    faults = chosen.add_parser("faults")
    faults.add_argument("--trajectories", type=int, default=30)
    faults.set_defaults(run=faults_command)
    kills.add_argument("--executor", choices=("ray", "inline"), default="ray")
    for one in (kills, faults):
        one.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    return 0 if options.run(options) else 1


if __name__ == "__main__":
    sys.exit(main())
