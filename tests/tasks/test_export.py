"""Exports of a build that the project's own steps published."""

from pathlib import Path

import pytest

from pam_models.readers.selection import Selection
from tasks.errors import ConfigError, PamError
from tasks.export import export_build, export_options, selection_of, verify_exported
from tests.tasks.report.published import publish


def quiet(done: int, total: int) -> None:
    del done, total


def test_a_published_build_is_exported_and_verified(tmp_path: Path) -> None:
    """Catches columns that the steps write and the readers do not know, and an address that they do not understand."""
    store, build = publish(tmp_path / "store")
    destination = str(tmp_path / "out")
    outcome = export_build(store, build.build_id, destination, export_options("hamer", []), Selection(), quiet)
    assert outcome.messages[0].endswith("samples")
    assert verify_exported(destination, quiet).problems == ()


@pytest.mark.parametrize(
    ("layout", "settings", "words"),
    [
        ("simplhand", [], "simplhand: no such layout; there are simplehand, dexycb"),
        ("simplehand", ["quality=50"], "quality: Input should be greater than or equal to 95"),
        ("simplehand", ["qualty=95"], "qualty: Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_one_line(layout: str, settings: list[str], words: str) -> None:
    """Catches a page of validation errors."""
    with pytest.raises(ConfigError) as caught:
        export_options(layout, settings)
    assert str(caught.value).startswith(words)


def test_wrong_selections_are_one_line() -> None:
    """Catches a misspelt split that exports nothing."""
    with pytest.raises(ConfigError, match="--split vals: no such split; there are train, val, test"):
        selection_of("vals", None, None, detected=False)


def test_what_is_wrong_with_a_build_reaches_the_person(tmp_path: Path) -> None:
    """Catches a traceback of the readers in the command."""
    store, build = publish(tmp_path / "store")
    part = tmp_path / "store" / build.key("manifests", "samples", "samples0.parquet")
    part.write_bytes(b"altered")
    with pytest.raises(PamError, match="was altered: its bytes are not those of the snapshot"):
        export_build(store, build.build_id, str(tmp_path / "out"), export_options("hamer", []), Selection(), quiet)
    with pytest.raises(PamError, match="holds no export"):
        verify_exported(str(tmp_path / "nothing"), quiet)
