"""One export: units of work written whole, a mark for each that is done, so that it resumes and can be verified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from pam_models.readers.errors import ExportError
from pam_models.readers.export.source import ExportSource
from pam_models.readers.place import Place

MARKS = ".pam-export"
JOB = f"{MARKS}/job.json"
FINISHED = f"{MARKS}/finished.json"
THREADS = 2

Files = dict[str, bytes]
Notes = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """What is written together: a name that is unique in the export, and the clips it is made of."""

    name: str
    clips: tuple[int, ...]


@dataclass(frozen=True)
class Written:
    """What a unit gives: files by their place in the destination, and notes (plain JSON) for the lists at the end."""

    files: Files
    notes: Notes


class Layout(Protocol):
    """A layout: how clips become files. Equal builds and options give equal files."""

    def units(self, source: ExportSource) -> list[Unit]:
        """The units of work, in order."""

    def write(self, source: ExportSource, unit: Unit) -> Written:
        """The files of one unit. Raises ReadError for a clip that cannot be read."""

    def finish(self, source: ExportSource, notes: Sequence[Notes], destination: Place) -> tuple[Files, list[str]]:
        """The files over all units (lists, calibration, a README), and what the person should know, line by line."""


@dataclass(frozen=True)
class Outcome:
    """What an export did, or a verification found: `problems` is empty where everything is right."""

    units: int
    resumed: int
    files: int
    messages: tuple[str, ...]
    problems: tuple[str, ...] = field(default=())


Progress = Callable[[int, int], None]


def run_export(
    source: ExportSource,
    layout: Layout,
    options: Mapping[str, Any],
    destination: Place,
    on_progress: Progress = lambda done, total: None,
) -> Outcome:
    """Writes what is not there yet; stopped at any moment, the same call goes on where it was.

    Raises:
        ExportError: the destination holds another export.
        ReadError: a clip cannot be read, or the destination not be written.
    """
    units = layout.units(source)
    job = {"options": dict(options), "build": source.build_id, "snapshot": _snapshot_hash(source), "units": len(units)}
    _claim(destination, job)
    marks = {unit.name: _mark(destination, unit.name) for unit in units}
    todo = [unit for unit in units if marks[unit.name] is None]
    done = len(units) - len(todo)
    on_progress(done, len(units))
    with ThreadPoolExecutor(THREADS, thread_name_prefix="pam-export") as pool:
        for unit, mark in _finished(pool, lambda unit: _write_unit(source, layout, unit, destination), todo):
            marks[unit.name] = mark
            done += 1
            on_progress(done, len(units))
    found = [mark for mark in marks.values() if mark is not None]
    files, messages = layout.finish(source, [mark["notes"] for mark in found], destination)
    stated = _write_files(destination, files)
    destination.write(FINISHED, _json({"files": stated}))
    count = len(stated) + sum(len(mark["files"]) for mark in found)
    return Outcome(len(units), len(units) - len(todo), count, tuple(messages))


def verify_export(destination: Place, on_progress: Progress = lambda done, total: None) -> Outcome:
    """Reads every file of an export again and compares it with what was written.

    Raises:
        ExportError: the destination holds no export.
    """
    job = _plain(destination, JOB)
    if job is None:
        raise ExportError(f"{destination.uri}: holds no export; `pam export LAYOUT BUILD {destination.uri}` makes one")
    names = [name for name in destination.names(f"{MARKS}/units") if name.endswith(".json")]
    problems: list[str] = []
    if len(names) != job["units"]:
        problems.append(f"unfinished: {len(names)} of {job['units']} units are written; run the export again")
    finished = _plain(destination, FINISHED)
    if finished is None:
        problems.append("unfinished: lists are missing; run the export again")
    count = 0
    for number, name in enumerate(names):
        mark = _mark(destination, name.removesuffix(".json"))
        if mark is None:
            problems.append(f"{MARKS}/units/{name}: is damaged; remove it and run the export again")
            continue
        problems.extend(_wrong(destination, mark["files"]))
        count += len(mark["files"])
        on_progress(number + 1, len(names))
    if finished is not None:
        problems.extend(_wrong(destination, finished["files"]))
        count += len(finished["files"])
    return Outcome(int(job["units"]), len(names), count, (), tuple(problems))


def _claim(destination: Place, job: Mapping[str, Any]) -> None:
    found = _plain(destination, JOB)
    if found is None:
        destination.write(JOB, _json(job))
    elif found != job:
        raise ExportError(
            f"{destination.uri}: holds another export ({_difference(found, job)}); choose an empty destination"
        )


def _difference(found: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    """The first thing in which an export that is there is not the one that is asked for."""
    name = next((name for name in ("build", "snapshot", "options", "units") if found.get(name) != job[name]), "job")
    there, here = found.get(name), job.get(name)
    if name == "options" and isinstance(there, dict) and isinstance(here, dict):
        name = min(
            (key for key in {**there, **here} if there.get(key) != here.get(key)), key=lambda key: key != "layout"
        )
        there, here = there.get(name), here.get(name)
    return f"its {name} is {there}, not {here}"


def _write_unit(source: ExportSource, layout: Layout, unit: Unit, destination: Place) -> Notes:
    written = layout.write(source, unit)
    mark = {"files": _write_files(destination, written.files), "notes": written.notes}
    destination.write(f"{MARKS}/units/{unit.name}.json", _json(mark))
    return mark


def _write_files(destination: Place, files: Files) -> dict[str, str]:
    for name, data in files.items():
        destination.write(name, data)
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def _wrong(destination: Place, stated: Mapping[str, str]) -> Iterator[str]:
    for name, digest in stated.items():
        data = destination.find(name)
        if data is None:
            yield f"{name}: is not there"
        elif hashlib.sha256(data).hexdigest() != digest:
            yield f"{name}: was altered after it was written"


def _finished(
    pool: ThreadPoolExecutor, work: Callable[[Unit], Notes], units: Sequence[Unit]
) -> Iterator[tuple[Unit, Notes]]:
    """Units as they get done; only a few under way, so that memory does not grow with the build."""
    coming = iter(units)
    running: dict[Future[Notes], Unit] = {pool.submit(work, unit): unit for unit in islice(coming, 2 * THREADS)}
    try:
        while running:
            ready, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                unit = running.pop(future)
                yield unit, future.result()
                running.update({pool.submit(work, following): following for following in islice(coming, 1)})
    finally:
        for future in running:
            future.cancel()


def _mark(destination: Place, name: str) -> Notes | None:
    found = _plain(destination, f"{MARKS}/units/{name}.json")
    return found if found is not None and {"files", "notes"} <= set(found) else None


def _plain(destination: Place, key: str) -> dict[str, Any] | None:
    data = destination.find(key)
    try:
        found = json.loads(data) if data is not None else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _json(plain: Mapping[str, Any]) -> bytes:
    return (json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _snapshot_hash(source: ExportSource) -> str:
    parts = {step: [part.sha256 for part in parts] for step, parts in source.frames.index.snapshot.steps.items()}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
