"""Motion fidelity. Each test says which defect it would catch."""

import numpy as np
import pytest

from pam_models.metrics.motion_fidelity import motion_fidelity
from pam_models.metrics.tracks import Tracks

H = 480


def tracks(velocities: list[list[tuple[float, float]]], valid: np.ndarray | None = None) -> Tracks:
    """Tracks out of lists of velocities in px per step."""
    steps = np.array(velocities, np.float32)
    points = np.concatenate([np.zeros((len(steps), 1, 2)), np.cumsum(steps, axis=1)], axis=1).astype(np.float32)
    return Tracks(points + 100, np.ones(points.shape[:2], bool) if valid is None else valid)


def random_tracks(seed: int, count: int = 9, frames: int = 12) -> Tracks:
    rng = np.random.default_rng(seed)
    points = np.cumsum(rng.normal(0, 4, (count, frames, 2)), axis=1).astype(np.float32)
    return Tracks(points, np.ones((count, frames), bool))


def by_loops(one: Tracks, other: Tracks, limit: float) -> float:
    """The definition in plain loops, without arrays of pairs."""

    def moving(found: Tracks) -> list[int]:
        chosen = []
        for n in range(len(found.points_px)):
            steps = [t for t in range(found.valid.shape[1] - 1) if found.valid[n, t] and found.valid[n, t + 1]]
            speeds = [np.linalg.norm(found.points_px[n, t + 1].astype(float) - found.points_px[n, t]) for t in steps]
            if len(steps) >= 2 and np.mean(speeds) >= limit:
                chosen.append(n)
        return chosen

    def similarity(n: int, m: int) -> float:
        cosines = []
        for t in range(one.valid.shape[1] - 1):
            if not (one.valid[n, t : t + 2].all() and other.valid[m, t : t + 2].all()):
                continue
            a = one.points_px[n, t + 1].astype(float) - one.points_px[n, t]
            b = other.points_px[m, t + 1].astype(float) - other.points_px[m, t]
            la, lb = np.linalg.norm(a), np.linalg.norm(b)
            if la < limit / 10 and lb < limit / 10:
                continue
            cosines.append(0.0 if min(la, lb) < limit / 10 else float(a @ b / la / lb))
        return float(np.mean(cosines)) if cosines else 0.0

    table = np.array([[similarity(n, m) for m in moving(other)] for n in moving(one)])
    return float((table.max(1).mean() + table.max(0).mean()) / 2)


def test_it_is_the_definition_in_loops() -> None:
    """Catches a wrong mask in the vectorised form: random tracks with holes and static ones, to 1e-9."""
    rng = np.random.default_rng(3)
    one, other = random_tracks(1), random_tracks(2, count=7)
    one.points_px[2] = one.points_px[2, :1]
    one.points_px[3, 4:8] = one.points_px[3, 4]
    one.valid[:] = rng.random(one.valid.shape) > 0.15
    other.valid[:] = rng.random(other.valid.shape) > 0.15
    assert motion_fidelity(one, other, H).value == pytest.approx(by_loops(one, other, 0.5), abs=1e-9)


def test_worked_by_hand() -> None:
    """Catches a one-sided score: one generated track matches one of two reference tracks, the other is at right
    angles: (1 + (1 + 0) / 2) / 2."""
    right, down = [(3.0, 0.0)] * 4, [(0.0, 3.0)] * 4
    found = motion_fidelity(tracks([right]), tracks([right, down]), H)
    assert found.value == pytest.approx(0.75, abs=1e-6)
    assert (found.generated_tracks, found.reference_tracks) == (1, 2)
    other_way = motion_fidelity(tracks([right, down]), tracks([right]), H)
    assert other_way.value == pytest.approx(0.75, abs=1e-6)
    opposite = tracks([[(-3.0, 0.0)] * 4])
    assert motion_fidelity(opposite, tracks([right]), H).value == pytest.approx(-1.0)


def test_identity_shift_and_permutation() -> None:
    """Catches the released script's identity matrix, which makes a clip unlike itself, and places that count."""
    one = random_tracks(1)
    assert motion_fidelity(one, one, H).value == pytest.approx(1.0)
    moved = Tracks(one.points_px + 50, one.valid)
    assert motion_fidelity(moved, one, H).value == pytest.approx(1.0, abs=1e-5)
    order = np.random.default_rng(0).permutation(9)
    shuffled = Tracks(one.points_px[order], one.valid[order])
    assert motion_fidelity(shuffled, random_tracks(2), H).value == pytest.approx(
        motion_fidelity(one, random_tracks(2), H).value
    )


def test_static_tracks_are_dropped_and_pauses_forgiven() -> None:
    """Catches 0/0 of a motionless point, and a pause in both that lowers the score."""
    pausing = [(3.0, 0.0), (0.0, 0.0), (3.0, 0.0), (0.0, 3.0)]
    still = [(0.0, 0.0)] * 4
    found = motion_fidelity(tracks([pausing, still]), tracks([pausing]), H)
    assert found.value == pytest.approx(1.0) and found.generated_tracks == 1


def test_the_static_limit_goes_with_the_picture() -> None:
    """Catches small pictures in which everything counts as static."""
    slow = tracks([[(0.2, 0.0)] * 4])
    assert motion_fidelity(slow, slow, 96).value == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no track of the generated clip moves"):
        motion_fidelity(slow, slow, 480)


def test_lengths_must_agree() -> None:
    """Catches clips that are compared out of step."""
    with pytest.raises(ValueError, match="one length"):
        motion_fidelity(random_tracks(1, frames=6), random_tracks(1, frames=7), H)
