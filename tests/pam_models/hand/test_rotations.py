import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pam_models.hand import rotations


def _vectors() -> np.ndarray:
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(60, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.concatenate(
        [directions * np.geomspace(1e-7, np.pi - 1e-6, 60)[:, None], np.zeros((1, 3)), np.pi * np.eye(3)]
    )


def test_matrices_are_scipys() -> None:
    """Catches a transposed or mis-signed Rodrigues, and the series near zero."""
    wanted = Rotation.from_rotvec(_vectors()).as_matrix()
    np.testing.assert_allclose(rotations.axis_angle_to_matrix(_vectors()), wanted, atol=1e-12)
    single = rotations.axis_angle_to_matrix(_vectors().astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, wanted, atol=1e-6)


def test_quaternions_are_scipys_up_to_sign() -> None:
    """Catches wxyz taken for xyzw."""
    mine = rotations.wxyz_to_xyzw(rotations.axis_angle_to_quat_wxyz(_vectors()))
    wanted = Rotation.from_rotvec(_vectors()).as_quat()
    np.testing.assert_allclose(np.abs((mine * wanted).sum(1)), 1.0, atol=1e-12)
    np.testing.assert_array_equal(rotations.xyzw_to_wxyz(rotations.wxyz_to_xyzw(mine)), mine)


@pytest.mark.parametrize("way", ["matrix", "quaternion"])
def test_round_trips_including_half_turns(way: str) -> None:
    """Catches the singular cases: zero, tiny and half turns."""
    if way == "matrix":
        back = rotations.matrix_to_axis_angle(rotations.axis_angle_to_matrix(_vectors()))
    else:
        back = rotations.quat_wxyz_to_axis_angle(rotations.axis_angle_to_quat_wxyz(_vectors()))
    error = (Rotation.from_rotvec(back).inv() * Rotation.from_rotvec(_vectors())).magnitude()
    assert error.max() < 1e-7
    assert np.linalg.norm(back, axis=1).max() <= np.pi + 1e-9
    np.testing.assert_allclose(back[:60], _vectors()[:60], atol=1e-6)


def test_negated_quaternions_mean_the_same_short_rotation() -> None:
    """Catches angles above pi out of quaternions with a negative real part (GraspXL's conversion does that)."""
    quaternions = rotations.axis_angle_to_quat_wxyz(_vectors()[:60])
    np.testing.assert_allclose(rotations.quat_wxyz_to_axis_angle(-quaternions), _vectors()[:60], atol=1e-6)


def test_slerp_goes_at_even_speed_the_short_way() -> None:
    """Catches linear interpolation, and the long way round when signs differ."""
    rng = np.random.default_rng(4)
    start, end = (rotations.axis_angle_to_quat_wxyz(rng.normal(size=(50, 3))) for _ in range(2))
    share = rng.random(50)
    first, last = Rotation.from_quat(rotations.wxyz_to_xyzw(start)), Rotation.from_quat(rotations.wxyz_to_xyzw(end))
    wanted = first * Rotation.from_rotvec((first.inv() * last).as_rotvec() * share[:, None])
    for sign in (1.0, -1.0):
        mine = Rotation.from_quat(rotations.wxyz_to_xyzw(rotations.slerp_wxyz(start, sign * end, share)))
        assert (mine.inv() * wanted).magnitude().max() < 1e-7


def test_sampling_survives_axis_angle_that_flips_at_a_half_turn() -> None:
    """Catches component-wise interpolation: between 179 and 181 degrees lies 180, not 0."""
    sequence = np.deg2rad([[[179.0, 0, 0]], [[-179.0, 0, 0]]])
    middle = rotations.sample_axis_angle(sequence, np.array([0.5]))
    assert np.abs(middle[0, 0, 0]) == pytest.approx(np.pi, abs=1e-6)


def test_resampling_keeps_rate_length_and_frames() -> None:
    """Catches an off-by-one in time: a uniform turn at 100 Hz stays one at 30 Hz and at 100 Hz itself."""
    turn = np.zeros((155, 2, 3))
    turn[:, 1, 2] = 0.01 * np.arange(155)
    slow = rotations.resample_axis_angle(turn, 100.0, 30.0)
    assert slow.shape == (47, 2, 3)
    np.testing.assert_allclose(slow[:, 1, 2], np.arange(47) / 30.0, atol=1e-9)
    np.testing.assert_allclose(rotations.resample_axis_angle(turn, 100.0, 100.0), turn, atol=1e-9)
    doubled = rotations.resample_axis_angle(slow, 30.0, 60.0)
    np.testing.assert_allclose(rotations.resample_axis_angle(doubled, 60.0, 30.0), slow, atol=1e-9)


def test_frames_outside_take_the_ends_and_bad_rates_are_refused() -> None:
    """Catches extrapolation and division by zero."""
    turn = np.random.default_rng(0).normal(0, 0.5, (4, 1, 3))
    np.testing.assert_allclose(rotations.sample_axis_angle(turn, np.array([-2.0, 9.0])), turn[[0, 3]], atol=1e-9)
    with pytest.raises(ValueError, match="rates above 0"):
        rotations.resample_axis_angle(turn, 0.0, 30.0)
    with pytest.raises(ValueError, match=r"must be \(T, N, 3\)"):
        rotations.sample_axis_angle(turn[:, 0], np.array([0.0]))
