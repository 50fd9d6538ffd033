"""Exports stop and go on, never leave half a file, repeat to the byte, and find what was altered."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from pam_models.readers.errors import ExportError
from pam_models.readers.export.job import run_export, verify_export
from pam_models.readers.export.layouts import layout_of
from pam_models.readers.export.simplehand import SimpleHandLayout
from pam_models.readers.place import Place
from pam_models.readers.selection import Selection
from tests.pam_models.readers.export.conftest import Export
from tests.pam_models.readers.small_build import SmallBuild

LAYOUTS = ("simplehand", "dexycb", "hamer", "pam-sim", "graspxl", "webdataset")
SMALL: dict[str, dict[str, Any]] = {"pam-sim": {"width": 144, "height": 96}, "dexycb": {"resize": False}}
ONE_HAND = Selection(clips=("clip0", "clip3"))


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_bytes_twice_and_verified(layout: str, build: SmallBuild, export: Export) -> None:
    """Catches clocks, owners and dictionary order in files, and a verification that is never satisfied."""
    settings = {**SMALL.get(layout, {}), **({"list_prefix": "x/"} if layout == "simplehand" else {})}
    first, _ = export(layout, build, "first", ONE_HAND, **settings)
    second, _ = export(layout, build, "second", ONE_HAND, **settings)
    assert contents(first) == contents(second)
    outcome = verify_export(Place(str(first)))
    assert outcome.problems == ()
    assert outcome.files == sum(not name.startswith(".pam-export") for name in contents(first))


def test_a_stopped_export_goes_on(build: SmallBuild, export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches finished clips written again, and a result that differs from an export in one go."""
    whole, _ = export("simplehand", build, "whole", list_prefix="x/")
    write, seen = SimpleHandLayout.write, []

    def stopping(layout: Any, source: Any, unit: Any) -> Any:
        seen.append(unit.name)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return write(layout, source, unit)

    with monkeypatch.context() as patched:
        patched.setattr(SimpleHandLayout, "write", stopping)
        with pytest.raises(KeyboardInterrupt):
            export("simplehand", build, "parts", list_prefix="x/")
    parts, outcome = export("simplehand", build, "parts", list_prefix="x/")
    assert outcome.resumed >= 1
    assert contents(parts) == contents(whole)


def test_an_unfinished_export_is_said_to_be_one(build: SmallBuild, export: Export) -> None:
    """Catches a verification that is content with what is there."""
    folder, _ = export("simplehand", build)
    (folder / ".pam-export" / "units" / "clip1.json").unlink()
    assert "unfinished: 4 of 5 units" in verify_export(Place(str(folder))).problems[0]


@pytest.mark.parametrize(("name", "what"), [("clip0/0001_right.jpg", "altered"), ("clip0/0001_right.json", "gone")])
def test_damage_is_found(build: SmallBuild, export: Export, name: str, what: str) -> None:
    """Catches a verification that looks at names alone, or forgets lists and sidecars."""
    folder, _ = export("simplehand", build)
    if what == "gone":
        (folder / name).unlink()
    else:
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)
    (problem,) = verify_export(Place(str(folder))).problems
    assert problem.startswith(name)


def test_two_exports_do_not_mix(build: SmallBuild, export: Export) -> None:
    """Catches pictures of two qualities or builds in one folder."""
    export("simplehand", build, quality=95)
    with pytest.raises(ExportError, match=r"holds another export \(its quality is 95, not 97\)"):
        export("simplehand", build, quality=97)


def test_no_export_to_verify(tmp_path: Path) -> None:
    """Catches a traceback, or satisfaction with an empty folder."""
    with pytest.raises(ExportError, match="holds no export"):
        verify_export(Place(str(tmp_path)))


def test_any_fsspec_destination(build: SmallBuild, export: Export) -> None:
    """Catches a writer that only knows folders."""
    from pam_models.readers.export.configuration import OPTIONS
    from pam_models.readers.export.source import ExportSource
    from pam_models.readers.frames import ReadConfig

    folder, _ = export("webdataset", build)
    options = OPTIONS.validate_python({"layout": "webdataset"})
    destination = Place("memory://exports/one")
    source = ExportSource(build.address, ReadConfig())
    run_export(source, layout_of(options), options.model_dump(mode="json"), destination)
    assert verify_export(destination).problems == ()
    assert destination.read("train-000000.tar") == (folder / "train-000000.tar").read_bytes()
