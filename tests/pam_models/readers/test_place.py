"""Stores and destinations: folders and whatever fsspec reaches, whole files, one line when something is wrong."""

import pickle
from pathlib import Path

import pytest

from pam_models.readers.errors import ReadError
from pam_models.readers.place import Place, s3_options


@pytest.mark.parametrize("kind", ["folder", "file", "memory"])
def test_files_in_and_out(kind: str, tmp_path: Path) -> None:
    """Catches a place that loses folders in names, or cannot be sent to another process."""
    uri = {"folder": str(tmp_path), "file": tmp_path.as_uri(), "memory": f"memory:/{tmp_path}"}[kind]
    place = pickle.loads(pickle.dumps(Place(uri)))
    assert (place.find("a/b.bin"), place.size("a/b.bin"), place.names("a")) == (None, None, [])
    place.write("a/b.bin", b"one")
    place.write("a/b.bin", b"three")
    assert (place.find("a/b.bin"), place.size("a/b.bin"), place.names("a")) == (b"three", 5, ["b.bin"])


def test_missing_files_say_who_needs_them(tmp_path: Path) -> None:
    """Catches a FileNotFoundError without the reason."""
    with pytest.raises(ReadError, match=r"gone\.mp4 is not there; clip c1 refers to it"):
        Place(str(tmp_path)).read("gone.mp4", "clip c1 refers to it")


def test_a_half_written_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a file that has its name before it has its bytes, and litter after a failure."""

    def broken(self: Path, data: bytes) -> int:
        with self.open("wb") as stream:
            stream.write(data[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", broken)
    with pytest.raises(ReadError, match=r"cannot be written: .*No space left"):
        Place(str(tmp_path)).write("a.bin", b"12345")
    assert list(tmp_path.iterdir()) == []


def test_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches bucket names put into the host's name, which such servers do not answer."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")
    options = s3_options()
    assert options["endpoint_url"] == "http://127.0.0.1:9000"
    assert options["config_kwargs"]["s3"] == {"addressing_style": "path"}
