from pathlib import Path

import pytest
import torch

from pam_models.motion import MotionConfig, MotionModel, MultiConditionTransformer
from pam_models.motion.branch_file import load_branch, save_branch
from pam_models.zoo import WeightsError


def test_only_the_branch_travels(small_model: MotionModel, small_config: MotionConfig, tmp_path: Path) -> None:
    save_branch(small_model.transformer, tmp_path / "branch.safetensors")
    other = MultiConditionTransformer(small_config.transformer)
    base = other.transformer_blocks[0].attn1.to_q.weight.clone()
    load_branch(other, tmp_path / "branch.safetensors")
    assert torch.equal(other.combine_linears[1].weight, small_model.transformer.combine_linears[1].weight)
    assert torch.equal(other.transformer_blocks[0].attn1.to_q.weight, base)


def test_a_branch_of_another_size_is_refused(
    small_model: MotionModel, small_config: MotionConfig, tmp_path: Path
) -> None:
    save_branch(small_model.transformer, tmp_path / "branch.safetensors")
    shallow = small_config.transformer.model_copy(update={"num_control_blocks": 1})
    with pytest.raises(WeightsError, match="does not fit this control branch"):
        load_branch(MultiConditionTransformer(shallow), tmp_path / "branch.safetensors")
