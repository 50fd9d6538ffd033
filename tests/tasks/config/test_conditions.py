"""Noise in the configuration: part of the ids where it is asked for, and only there."""

import pytest

from tasks.config.load import load_config
from tasks.config.output import build_id_of, output_subset
from tasks.errors import ConfigError
from tasks.steps import BY_NAME


def _subset(*assignments: str) -> dict[str, object]:
    return output_subset(load_config("demo", assignments=list(assignments)))


def test_noise_changes_the_ids_of_what_it_drives_and_its_absence_none() -> None:
    """Catches a disturbed build that is taken for the clean one, and old builds that would be made again."""
    clean, zero, noisy = _subset(), _subset("conditions.noise.depth=0"), _subset("conditions.noise.depth=0.1")
    assert "conditions" not in clean
    assert build_id_of(clean) == build_id_of(zero) != build_id_of(noisy)
    for name in ("appearance", "video"):
        assert "conditions" not in BY_NAME[name].subset(clean)
        assert BY_NAME[name].subset(noisy) != BY_NAME[name].subset(clean)
    assert BY_NAME["pose"].subset(noisy) == BY_NAME["pose"].subset(clean)


@pytest.mark.parametrize("assignment", ["conditions.noise.dept=0.1", "conditions.noise.depth=-1"])
def test_unknown_names_and_negative_sigmas_are_refused(assignment: str) -> None:
    """Catches noise on a misspelt condition, which would be no noise at all."""
    with pytest.raises(ConfigError, match=r"conditions\.noise"):
        _subset(assignment)
