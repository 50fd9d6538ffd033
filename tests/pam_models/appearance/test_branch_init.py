import torch

from pam_models.appearance import AppearanceConfig, ControlBranch, ControlledFlux
from pam_models.appearance.branch_init import base_tensors_for_branch, start_from_base


def test_everything_but_hint_and_outputs_comes_from_the_base(small_config: AppearanceConfig) -> None:
    """Catches a tensor that silently keeps its random start."""
    flux = ControlledFlux.new(small_config.base, small_config.base.control_branch())
    copied = base_tensors_for_branch(flux.base, 2)
    own = {
        key
        for key in flux.controlnet1.state_dict()
        if not key.startswith(("controlnet_blocks", "input_hint", "pos_embed"))
    }
    assert copied.keys() == own


def test_a_started_branch_is_still_a_no_op_and_holds_the_bases_weights(small_config: AppearanceConfig) -> None:
    flux = ControlledFlux.new(small_config.base, small_config.base.control_branch())
    branch = ControlBranch(small_config.base.control_branch())
    start_from_base(branch, flux.base)
    assert not branch.controlnet_blocks[0].weight.any()
    query = branch.double_blocks[0].img_attn.qkv.weight[:32]
    assert torch.equal(query, flux.base.transformer_blocks[0].attn.to_q.weight)
