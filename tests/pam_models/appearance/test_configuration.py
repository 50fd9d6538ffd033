import pytest
from pydantic import ValidationError

from pam_models.appearance import ControlBranchConfig, FluxConfig, demo_config


def test_rotary_axes_must_fill_a_head() -> None:
    with pytest.raises(ValidationError, match="hidden_size 3072 / num_heads 24"):
        ControlBranchConfig(axes_dim=(16, 56, 48))


def test_the_published_branch_fits_the_published_base() -> None:
    """Catches a base whose derived branch would not take the published weights."""
    assert FluxConfig().control_branch() == ControlBranchConfig()


def test_the_demos_branch_reads_the_demos_text() -> None:
    config = demo_config(("a",))
    branch = config.base.control_branch(config.control_blocks)
    assert (branch.context_in_dim, branch.vec_in_dim) == (config.text.dim, config.text.pooled_dim)
