import numpy as np
import pytest

from pam_models.hand.file_layout import REQUIRED, hand_from_arrays
from pam_models.hand.model import BadHandFile, HandModel

TIPS = np.array([744, 320, 443, 554, 671])


def _build(arrays: dict[str, np.ndarray]) -> HandModel:
    return hand_from_arrays(arrays, name="mano", side="right", tip_set="smplx", license_tags=("a",), tip_vertices=TIPS)


def test_arrays_arrive_under_their_names(mano_arrays: dict[str, np.ndarray]) -> None:
    """Catches swapped or transposed entries and the unsigned root parent 2**32 - 1."""
    model = _build(mano_arrays)
    np.testing.assert_array_equal(model.posedirs, mano_arrays["posedirs"].astype(np.float32))
    np.testing.assert_array_equal(model.joint_regressor, mano_arrays["J_regressor"].astype(np.float32))
    assert model.parents[0] == -1
    assert (model.vertex_tint == 1).all()
    assert model.tip_vertices.tolist() == TIPS.tolist()


def test_twenty_shape_directions_are_cut_to_ten(mano_arrays: dict[str, np.ndarray]) -> None:
    """Catches files with more directions than the ten that betas carry."""
    more = np.concatenate([mano_arrays["shapedirs"]] * 2, axis=2)
    np.testing.assert_array_equal(_build(mano_arrays | {"shapedirs": more}).shapedirs, _build(mano_arrays).shapedirs)


@pytest.mark.parametrize("name", REQUIRED)
def test_missing_entry_is_named(mano_arrays: dict[str, np.ndarray], name: str) -> None:
    """Catches a KeyError in place of a clear line."""
    del mano_arrays[name]
    with pytest.raises(BadHandFile, match=f"lacks {name}"):
        _build(mano_arrays)


def test_another_joint_tree_is_refused(mano_arrays: dict[str, np.ndarray]) -> None:
    """Catches a body model or a hand with rings before pinkies in its tree."""
    mano_arrays["kintree_table"][0, 4] = 3
    with pytest.raises(BadHandFile, match="kintree_table has parents"):
        _build(mano_arrays)


def test_a_hand_without_tips_is_refused(mano_arrays: dict[str, np.ndarray]) -> None:
    """Catches labels whose fingertips nobody chose."""
    with pytest.raises(BadHandFile, match="no tip_vertices"):
        hand_from_arrays(mano_arrays, name="mano", side="right", tip_set="smplx", license_tags=())
