"""Names that come from people and from data, and try to leave the store or the folder they name."""

from pathlib import Path

import pytest

from flows.which_build import configuration
from pam_models.pose.sources.oakink2_files import mesh_file
from tasks.build import load_build, open_build
from tasks.config import load_config
from tasks.errors import ConfigError, PamError, StoreError
from tasks.store import Store

ESCAPES = [
    "../outside", "a/../../outside", "/etc/passwd", "..", ".", "a//b", "a/./b", "a\\..\\b", "a\x00b", "a\nb", "",
    "%2e%2e/x", "~/x", "cas/../../x", "a b", "é",
]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "inside"))


@pytest.mark.parametrize("key", ESCAPES)
def test_no_key_leaves_the_store(store: Store, key: str, tmp_path: Path) -> None:
    """Catches a row whose `uri` makes a reader, a writer or `pam gc` touch other people's files."""
    (tmp_path / "outside").write_bytes(b"theirs")
    for use in (
        store.read, store.find, store.exists, store.size, store.keys, store.delete, store.local_path,
        lambda found: store.replace(found, b"x"), lambda found: store.commit_part(found, b"x"),
        lambda found: store.read_media(found, "0" * 64), lambda found: store.read_end(found, 1),
    ):  # fmt: skip
        with pytest.raises(StoreError, match="no key of a store"):
            use(key)
    assert (tmp_path / "outside").read_bytes() == b"theirs"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "inside") == ["outside"]


@pytest.mark.parametrize("extension", ["../x", "png/../../x", "", "PNG", "p.g", "p\x00"])
def test_no_extension_leaves_it_either(store: Store, extension: str) -> None:
    """Catches a medium's name that is made of what a file says."""
    with pytest.raises(StoreError, match="no extension"):
        store.put_media(b"x", extension)


@pytest.mark.parametrize("name", [key for key in ESCAPES if key])
def test_no_build_is_named_so(store: Store, name: str, tmp_path: Path) -> None:
    """Catches `--build ../../somewhere`, when a build is made and when one is looked at."""
    config = load_config()
    with pytest.raises(PamError):
        open_build(config, store, name)
    with pytest.raises((ConfigError, StoreError)):
        load_build(store, name)
    with pytest.raises((ConfigError, StoreError)):
        configuration(None, None, [], store, name)
    assert not (tmp_path / "inside").exists() or list((tmp_path / "inside").rglob("*.yaml")) == []


@pytest.mark.parametrize("profile", ["../prompts/official", "/etc/passwd", "train-demo/../demo"])
def test_a_profile_is_one_that_ships(profile: str) -> None:
    """Catches a profile that reads any YAML file of the worker."""
    with pytest.raises(ConfigError, match="no such profile"):
        load_config(profile)


def test_a_mesh_named_by_a_recording_lies_in_the_users_folder(tmp_path: Path) -> None:
    """Catches a recording whose object is called `../../secret`."""
    (tmp_path / "secret.obj").write_text("v 0 0 0\n")
    root = tmp_path / "data"
    root.mkdir()
    with pytest.raises(Exception, match=r"\S"):
        mesh_file(root, "../secret")


def test_a_link_out_of_the_store_is_not_followed_by_its_media(store: Store, tmp_path: Path) -> None:
    """Catches bytes that are not what the row names: a medium is checked against its hash whatever lies there."""
    reference = store.put_media(b"picture", "png")
    path = tmp_path / "inside" / reference.uri
    path.unlink()
    (tmp_path / "theirs").write_bytes(b"secret")
    path.symlink_to(tmp_path / "theirs")
    with pytest.raises(StoreError, match="altered"):
        store.read_media(reference.uri, reference.sha256)
