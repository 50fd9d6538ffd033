"""SimpleHand through its official code: a working copy for each mix, with the mix's list of pictures in its place.

The official trainer reads `dataset/train.json` below the folder it runs in: a list of paths of pictures, each with a
JSON file beside it (formats.md section 5). The checkout itself is never written to.
"""

from __future__ import annotations

import json
import math
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pam_models.downstream.mixing import Mix
from pam_models.readers.export.simplehand import ENOUGH_PICTURES
from pam_models.training.scenes import stable_seed

NEEDED = ("train.py", "cfg.py", "dataset.py", "infer_to_json.py")
OWN = ("dataset", "train_log")
TRAIN = "torchrun --nproc-per-node 1 train.py"
EVALUATE = "make eval"
TELLING = ("ligned", "F@", "PA-MP")


class SimpleHandError(ValueError):
    """Something that the official code needs is not there, or it failed; the message is one line."""


def check_checkout(folder: Path) -> None:
    """Raises SimpleHandError where the folder is no checkout of the official code with its evaluation list."""
    absent = [name for name in NEEDED if not (folder / name).is_file()]
    if absent:
        raise SimpleHandError(
            f"--simplehand {folder}: has no {absent[0]}; give a checkout of github.com/patienceFromZhou/simpleHand"
        )
    if not (folder / "dataset" / "eval.json").is_file():
        raise SimpleHandError(f"--simplehand {folder}: has no dataset/eval.json, the list of pictures to test on")


def read_list(path: Path) -> list[str]:
    """A list of pictures, paths made absolute. Raises SimpleHandError where it is none, or is empty."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SimpleHandError(f"{path}: is no readable list of pictures ({' '.join(str(error).split())})") from error
    if not isinstance(found, list) or not found or not all(isinstance(name, str) for name in found):
        raise SimpleHandError(f"{path}: must be a JSON list of paths of pictures, at least one")
    return [str(Path(name).absolute()) for name in found]


def mixed_list(mix: Mix, real: Sequence[str], synthetic: Sequence[str]) -> list[str]:
    """The pictures of a mix; repeated as often as the official trainer needs, which stops at up to 8,160."""
    ordered = sorted(real, key=lambda name: (stable_seed("downstream", name), name))
    chosen = ordered[: math.ceil(mix.fraction * len(ordered))] + (list(synthetic) if mix.with_synthetic else [])
    return chosen * math.ceil(ENOUGH_PICTURES / len(chosen))


def working_copy(checkout: Path, folder: Path, pictures: Sequence[str]) -> Path:
    """A folder that looks like the checkout but for its training list; links, nothing is copied."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in sorted(checkout.iterdir()):
        if entry.name not in OWN and not (folder / entry.name).exists():
            (folder / entry.name).symlink_to(entry.resolve())
    lists = folder / "dataset"
    lists.mkdir(exist_ok=True)
    for entry in sorted((checkout / "dataset").iterdir()):
        if entry.name != "train.json" and not (lists / entry.name).exists():
            (lists / entry.name).symlink_to(entry.resolve())
    (lists / "train.json").write_text(json.dumps(list(pictures)), encoding="utf-8")
    return folder


def run_official(folder: Path, commands: Sequence[str] = (TRAIN, EVALUATE)) -> list[str]:
    """Run the official training and evaluation in a working copy; gives the lines that tell its figures.

    What is printed goes to `<command>.log` in the folder; a command whose log ends well is not run again. Raises
    SimpleHandError with the last line of a command that failed.
    """
    said: list[str] = []
    for number, command in enumerate(commands):
        log, done = folder / f"{number}.log", folder / f"{number}.done"
        if not done.is_file():
            with log.open("w", encoding="utf-8") as sink:
                ended = subprocess.run(shlex.split(command), cwd=folder, stdout=sink, stderr=sink, check=False)  # noqa: S603  the user's own command
            if ended.returncode:
                lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                last = lines[-1] if lines else "no output"
                raise SimpleHandError(f"{command} in {folder}: exit code {ended.returncode}: {last}")
            done.touch()
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        said += [line.strip() for line in lines if any(word in line for word in TELLING)]
    return said
