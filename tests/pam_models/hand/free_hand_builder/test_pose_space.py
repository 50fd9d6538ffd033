import numpy as np

from pam_models.hand.free_hand_builder.pose_space import hands_components, hands_mean


def test_components_are_orthonormal_and_start_with_closing_the_hand() -> None:
    """Catches a basis of less than full rank, which would lose poses on export."""
    basis = hands_components()
    np.testing.assert_allclose(basis @ basis.T, np.eye(45), atol=1e-9)
    closing = basis[0].reshape(15, 3)[:12, 1]
    assert (closing > 0.15).all()


def test_mean_is_a_gentle_curl() -> None:
    """Catches degrees taken for radians."""
    bends = np.linalg.norm(hands_mean().reshape(15, 3), axis=1)
    assert 0.05 < bends.min() < bends.max() < 0.8
