"""Exports of a published build into other programs' layouts: what the command `pam export` does."""

from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from pam_models.hand.model import BadHandFile
from pam_models.media.decoding import MediaError
from pam_models.readers.cache import CacheConfig
from pam_models.readers.errors import ReadError
from pam_models.readers.export.configuration import LAYOUTS, OPTIONS, ExportOptions
from pam_models.readers.export.job import Outcome, run_export, verify_export
from pam_models.readers.export.layouts import layout_of
from pam_models.readers.export.source import ExportSource
from pam_models.readers.frames import ReadConfig
from pam_models.readers.place import Place
from pam_models.readers.selection import Selection
from tasks.build import load_build
from tasks.config import parse_assignments
from tasks.errors import ConfigError, PamError
from tasks.store import Store

Progress = Callable[[int, int], None]


class FailedExportError(PamError):
    """An export that could not be made or checked: which file, what is wrong, what would be right."""


def export_options(layout: str, settings: list[str]) -> ExportOptions:
    """A layout's options out of `key=value` settings. Raises ConfigError naming the key."""
    if layout not in LAYOUTS:
        raise ConfigError(f"{layout}: no such layout; there are {', '.join(LAYOUTS)}")
    try:
        return OPTIONS.validate_python({**parse_assignments(settings), "layout": layout})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:]) or "layout"
        raise ConfigError(f"{key}: {first['msg']}") from error


def selection_of(split: str | None, side: str | None, max_mpjpe_mm: float | None, detected: bool) -> Selection:
    """The frames that are wanted. Raises ConfigError for a split or side that does not exist."""
    try:
        return Selection(split=split, side=side, max_mpjpe_mm=max_mpjpe_mm, detected=True if detected else None)
    except ValueError as error:
        raise ConfigError(f"--{error}") from error


def export_build(
    store: Store,
    build_id: str,
    destination: str,
    options: ExportOptions,
    selection: Selection,
    on_progress: Progress,
) -> Outcome:
    """Exports a build, or goes on with an export that was stopped.

    Raises:
        ConfigError: there is no such build. FailedExportError: see `run_export`, in one line.
    """
    build = load_build(store, build_id)
    mano_dir = build.config.hand.mano_dir
    job = {**options.model_dump(mode="json"), "selection": _plain(selection)}
    try:
        source = _source(f"{store.uri.rstrip('/')}/builds/{build_id}", selection, mano_dir)
        return run_export(source, layout_of(options), job, Place(destination), on_progress)
    except (ReadError, MediaError, BadHandFile) as error:
        raise FailedExportError(str(error)) from error


def verify_exported(destination: str, on_progress: Progress) -> Outcome:
    """Reads an export again. Raises FailedExportError where there is none."""
    try:
        return verify_export(Place(destination), on_progress)
    except ReadError as error:
        raise FailedExportError(str(error)) from error


def _source(address: str, selection: Selection, mano_dir: Path | None) -> ExportSource:
    """The build, with stored surfaces where its MANO hands have them; an export reads each clip once and keeps none."""
    cache = CacheConfig(media_bytes=0, decoded_bytes=0)
    source = ExportSource(address, ReadConfig(selection, mano_dir=mano_dir, cache=cache))
    if "mano" not in source.frames.index.clips.column("hand_model").to_pylist() or not source.has_stored_vertices():
        return source
    return ExportSource(address, ReadConfig(selection, vertices="stored", mano_dir=mano_dir, cache=cache))


def _plain(selection: Selection) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(selection).items()}
