import pytest
import torch

from pam_models.appearance import ControlBranch, ControlBranchConfig
from pam_models.appearance.control_branch import sum_residuals
from tests.pam_models.appearance.conftest import Conformance


def test_residuals_equal_the_official_ones(conformance: Conformance) -> None:
    branch = ControlBranch(ControlBranchConfig(**conformance.config)).eval()
    branch.load_state_dict(conformance.weights(), strict=True)
    with torch.inference_mode():
        residuals = branch(**conformance.inputs())
    for index, residual in enumerate(residuals):
        torch.testing.assert_close(residual, conformance.tensors[f"out.residual.{index}"], rtol=1e-4, atol=1e-5)


def test_a_fresh_branch_gives_zeros(conformance: Conformance) -> None:
    """Catches an output layer that is not zero at the start."""
    branch = ControlBranch(ControlBranchConfig(**conformance.config)).eval()
    with torch.inference_mode():
        assert all(not residual.any() for residual in branch(**conformance.inputs()))


def test_a_guidance_embedded_branch_asks_for_guidance(conformance: Conformance) -> None:
    branch = ControlBranch(ControlBranchConfig(**conformance.config))
    with pytest.raises(ValueError, match="pass guidance"):
        branch(**{**conformance.inputs(), "guidance": None})


def test_branches_are_summed_block_by_block_with_their_strengths() -> None:
    first, second = [torch.ones(1), torch.full((1,), 2.0)], [torch.full((1,), 10.0), torch.full((1,), 20.0)]
    assert [float(value) for value in sum_residuals([first, second])] == [11.0, 22.0]
    assert [float(value) for value in sum_residuals([first, second], [1.0, 0.5])] == [6.0, 12.0]
