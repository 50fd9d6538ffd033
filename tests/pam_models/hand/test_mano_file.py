import pickle
import sys
import types
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from pam_models.hand.mano_file import MANO_LICENSE_TAG, load_mano
from pam_models.hand.model import BadHandFile
from pam_models.hand.skinning import skin


@pytest.fixture
def chumpy(monkeypatch: pytest.MonkeyPatch) -> tuple[type, type]:
    """Classes that pickle as chumpy's do: by their instance dictionary, less two entries."""

    class Ch:
        def __init__(self, **state: Any) -> None:
            self.__dict__.update(state, _dirty_vars=set(), _itr=None, _parents=weakref.WeakKeyDictionary(), _cache={})

        def __getstate__(self) -> dict[str, Any]:
            return {key: value for key, value in self.__dict__.items() if key not in ("_parents", "_cache")}

    class Select(Ch):
        pass

    for name, cls in (("chumpy.ch", Ch), ("chumpy.reordering", Select)):
        module = types.ModuleType(name)
        cls.__module__, cls.__qualname__ = name, cls.__name__
        setattr(module, cls.__name__, cls)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
    return Ch, Select


def _mano_content(arrays: dict[str, np.ndarray], chumpy: tuple[type, type]) -> dict[str, Any]:
    ch, select = chumpy
    wide = np.concatenate([arrays["shapedirs"], np.ones((778, 3, 10))], axis=2)
    idxs = np.arange(wide.size).reshape(wide.shape)[..., :10].ravel()
    return {
        **arrays,
        "J_regressor": scipy.sparse.csc_matrix(arrays["J_regressor"]),
        "v_template": ch(x=arrays["v_template"]),
        "shapedirs": select(a=ch(x=wide), idxs=idxs, preferred_shape=(778, 3, 10)),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
        "J": np.zeros((16, 3)),
    }


@pytest.mark.parametrize("protocol", [0, 2])
def test_pickle_with_chumpy_nodes_loads_without_chumpy(
    tmp_path: Path,
    mano_arrays: dict[str, np.ndarray],
    chumpy: tuple[type, type],
    monkeypatch: pytest.MonkeyPatch,
    protocol: int,
) -> None:
    """Catches a reader that needs chumpy, misreads Select's flat indices, or leaves the regressor sparse."""
    path = tmp_path / "MANO_RIGHT.pkl"
    path.write_bytes(pickle.dumps(_mano_content(mano_arrays, chumpy), protocol=protocol))
    for name in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        monkeypatch.delitem(sys.modules, name)
    hand = load_mano(tmp_path, "right")
    for mine, theirs in (("v_template",) * 2, ("shapedirs",) * 2, ("joint_regressor", "J_regressor"), ("weights",) * 2):
        np.testing.assert_array_equal(getattr(hand, mine), mano_arrays[theirs].astype(np.float32))
    assert (hand.name, hand.tip_set, hand.license_tags) == ("mano", "smplx-right", (MANO_LICENSE_TAG,))
    assert skin(hand, np.zeros((1, 48)), np.zeros(10), np.zeros((1, 3))).joints.shape == (1, 21, 3)


def test_npz_equals_pickle(tmp_path: Path, mano_arrays: dict[str, np.ndarray], chumpy: tuple[type, type]) -> None:
    """Catches two readers that disagree."""
    for folder in ("a", "b/mano"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "a" / "MANO_RIGHT.pkl").write_bytes(pickle.dumps(_mano_content(mano_arrays, chumpy), protocol=2))
    np.savez(tmp_path / "b/mano" / "MANO_RIGHT.npz", **mano_arrays)  # type: ignore[arg-type]
    assert load_mano(tmp_path / "a", "right").sha256() == load_mano(tmp_path / "b", "right").sha256()


def test_left_shape_directions_are_mended_unless_asked_not_to(
    tmp_path: Path, mano_arrays: dict[str, np.ndarray]
) -> None:
    """Catches the x sign of MANO_LEFT's shapedirs, and a mend that touches the right hand or other axes."""
    for side in ("LEFT", "RIGHT"):
        np.savez(tmp_path / f"MANO_{side}.npz", **mano_arrays)  # type: ignore[arg-type]
    stored = mano_arrays["shapedirs"].astype(np.float32)
    np.testing.assert_array_equal(load_mano(tmp_path, "left").shapedirs, stored * np.array([-1, 1, 1])[:, None])
    np.testing.assert_array_equal(load_mano(tmp_path, "left", left_shapedirs_fixed=False).shapedirs, stored)
    np.testing.assert_array_equal(load_mano(tmp_path, "right").shapedirs, stored)


def test_tip_sets_differ_and_are_named(tmp_path: Path, mano_arrays: dict[str, np.ndarray]) -> None:
    """Catches labels of one library compared with tips of another."""
    np.savez(tmp_path / "MANO_LEFT.npz", **mano_arrays)  # type: ignore[arg-type]
    hand = load_mano(tmp_path, "left", tip_set="manopth")
    assert hand.tip_vertices.tolist() == [745, 317, 445, 556, 673]
    assert hand.tip_set == "manopth-left"
    with pytest.raises(BadHandFile, match="one of smplx, freihand, manopth"):
        load_mano(tmp_path, "left", tip_set="mine")


def test_missing_file_says_where_and_what(tmp_path: Path) -> None:
    """Catches a bare FileNotFoundError."""
    with pytest.raises(BadHandFile, match=rf"{tmp_path}: no MANO_LEFT\.pkl or \.npz here"):
        load_mano(tmp_path, "left")
    with pytest.raises(BadHandFile, match="'right' or 'left'"):
        load_mano(tmp_path, "rigth")


def test_missing_key_and_bad_archives_are_clear(tmp_path: Path, mano_arrays: dict[str, np.ndarray]) -> None:
    """Catches KeyError, BadZipFile and object arrays inside an .npz."""
    path = tmp_path / "MANO_RIGHT.npz"
    del mano_arrays["weights"]
    np.savez(path, **mano_arrays)  # type: ignore[arg-type]
    with pytest.raises(BadHandFile, match="lacks weights"):
        load_mano(tmp_path, "right")
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(BadHandFile, match=r"not a readable \.npz"):
        load_mano(tmp_path, "right")
    np.savez(path, v_template=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadHandFile, match=r"not a readable \.npz"):
        load_mano(tmp_path, "right")
