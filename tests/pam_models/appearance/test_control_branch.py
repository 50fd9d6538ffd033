import pytest
import torch
from torch import Tensor

from pam_models.appearance import ControlBranch, ControlBranchConfig
from pam_models.appearance.control_branch import sum_residuals
from tests.pam_models.appearance.conftest import Conformance


def run(branch: ControlBranch, conformance: Conformance, **changed: object) -> list[Tensor]:
    given = {**conformance.inputs(), **changed}
    residuals: list[Tensor] = branch(**{**given, "hint": branch.encode_hint(given["hint"])})
    return residuals


def test_residuals_equal_the_official_ones(conformance: Conformance) -> None:
    branch = ControlBranch(ControlBranchConfig(**conformance.config)).eval()
    branch.load_state_dict(conformance.weights(), strict=True)
    with torch.inference_mode():
        residuals = run(branch, conformance)
    for index, residual in enumerate(residuals):
        torch.testing.assert_close(residual, conformance.tensors[f"out.residual.{index}"], rtol=1e-4, atol=1e-5)


def test_a_fresh_branch_gives_zeros(conformance: Conformance) -> None:
    """Catches an output layer that is not zero at the start."""
    branch = ControlBranch(ControlBranchConfig(**conformance.config)).eval()
    with torch.inference_mode():
        assert all(not residual.any() for residual in run(branch, conformance))


def test_a_guidance_embedded_branch_asks_for_guidance(conformance: Conformance) -> None:
    branch = ControlBranch(ControlBranchConfig(**conformance.config))
    with pytest.raises(ValueError, match="pass guidance"):
        run(branch, conformance, guidance=None)


def test_branches_are_summed_block_by_block_with_their_strengths() -> None:
    first, second = [torch.ones(1), torch.full((1,), 2.0)], [torch.full((1,), 10.0), torch.full((1,), 20.0)]
    assert [float(value) for value in sum_residuals([first, second])] == [11.0, 22.0]
    assert [float(value) for value in sum_residuals([first, second], [1.0, 0.5])] == [6.0, 12.0]


def test_patch_hints_put_each_pixel_into_its_own_token() -> None:
    """Catches patches on another grid than the picture tokens': a hint would then speak of its neighbours."""
    config = ControlBranchConfig(
        in_channels=4,
        vec_in_dim=8,
        context_in_dim=8,
        hidden_size=16,
        num_heads=2,
        axes_dim=(2, 2, 4),
        hint="patches",
        patch=1,
    )
    branch = ControlBranch(config)
    hint = torch.zeros(1, 6, 16, 24)
    plain = branch.encode_hint(hint)
    hint[:, 3, 9, 17] = 1.0
    changed = (branch.encode_hint(hint) - plain).abs().sum(-1)[0] > 0
    assert changed.nonzero().flatten().tolist() == [1 * 3 + 2]
