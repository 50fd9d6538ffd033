import pytest

from pam_models.motion.guidance import ever_guides, guidance_scale_at, guides
from tests.pam_models.motion.conftest import Conformance


def test_the_official_scales_are_met(conformance: Conformance) -> None:
    """Catches a repaired quirk where the published behaviour is asked for."""
    timesteps = conformance.tensors["loop.timesteps"].tolist()
    scales = [guidance_scale_at(i, t, len(timesteps), 6.0, "pam") for i, t in enumerate(timesteps)]
    assert scales == pytest.approx(conformance.tensors["loop.guidance_scale"].tolist(), rel=1e-9)


def test_the_repaired_schedule_rises_steadily_to_full_strength() -> None:
    scales = [guidance_scale_at(i, 999, 10, 6.0, "dynamic") for i in range(10)]
    assert scales == sorted(scales)
    assert scales[0] == pytest.approx(1.0, abs=1e-3)
    assert scales[-1] == pytest.approx(7.0)


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(ValueError, match="linear"):
        guidance_scale_at(0, 999, 10, 6.0, "linear")  # type: ignore[arg-type]


def test_the_unconditional_half_is_void_at_one_alone() -> None:
    """Catches a half that is skipped where it has weight, and one that is kept where it has none."""
    assert not ever_guides(1.0, "constant") and ever_guides(6.0, "constant") and ever_guides(0.0, "constant")
    assert not ever_guides(0.0, "pam") and ever_guides(1.0, "pam") and ever_guides(1.0, "dynamic")
    assert not guides(1.0 + 1e-9) and guides(1.001)
