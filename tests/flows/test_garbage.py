"""What `pam gc` prints."""

from pathlib import Path

import pytest

from flows.garbage import gc_here
from tasks.store import Store


def test_garbage_is_named_before_it_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Catches a dry run that does not say so, and a removal that nobody is told of."""
    stray = Store(str(tmp_path)).put_media(b"nobody names this", "png")
    gc_here(str(tmp_path), [], remove=False)
    said = capsys.readouterr().out
    assert "1 (0.0 MiB) media that no row names" in said and "--delete" in said
    assert Store(str(tmp_path)).exists(stray.uri)
    gc_here(str(tmp_path), [], remove=True)
    assert "Removed 1 objects." in capsys.readouterr().out
    gc_here(str(tmp_path), [], remove=True)
    assert "Nothing to remove." in capsys.readouterr().out
