import pytest
import torch
from torch import nn

from pam_models.acceleration.fp8 import Fp8Linear
from pam_models.acceleration.options import RunOptions
from pam_models.acceleration.running import attention_kernel, check_options, speed_up


class Stack(nn.Module):
    """Two blocks under the name that the transformers give theirs, and a layer outside of them."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.transformer_blocks = nn.ModuleList(nn.Linear(16, 16) for _ in range(2))
        self.proj_out = nn.Linear(16, 16)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        for block in self.transformer_blocks:
            values = block(values)
        return self.proj_out(values)


def test_options_that_a_cpu_cannot_do_are_refused_in_one_line() -> None:
    """Catches a build that finds out at its first clip, and a silent fall back."""
    for options, said in (
        (RunOptions(fp8=True), "fp8 needs a GPU"),
        (RunOptions(attention="cudnn"), "'cudnn' needs a GPU; on a CPU there are auto, flash, math"),
    ):
        with pytest.raises(ValueError, match=said) as caught:
            check_options(options, "cpu")
        assert "\n" not in str(caught.value)


def test_blocks_are_compiled_one_by_one_and_give_the_same() -> None:
    """Catches a whole-model graph (the cache could not step in), changed names, and blocks that are passed over."""
    stack, values = Stack(), torch.randn(3, 16)
    names, plain = list(stack.state_dict()), stack(values)
    speed_up(stack, RunOptions(compile_blocks=True), "cpu", backend="eager")
    assert all(block._compiled_call_impl is not None for block in stack.transformer_blocks)
    assert stack._compiled_call_impl is None and stack.proj_out._compiled_call_impl is None
    assert list(stack.state_dict()) == names
    torch.testing.assert_close(stack(values), plain, rtol=0, atol=0)


def test_default_options_leave_the_model_as_it_is() -> None:
    stack = Stack()
    speed_up(stack, RunOptions(), "cpu")
    assert not any(isinstance(module, Fp8Linear) or module._compiled_call_impl for module in stack.modules())


def test_the_named_kernel_computes_attention() -> None:
    """Catches a choice that is not in force within the block, or outlives it."""
    query = torch.randn(1, 2, 8, 16)
    with attention_kernel("math"):
        assert not torch.backends.cuda.flash_sdp_enabled()
        found = nn.functional.scaled_dot_product_attention(query, query, query)
    assert torch.backends.cuda.flash_sdp_enabled()
    torch.testing.assert_close(found, nn.functional.scaled_dot_product_attention(query, query, query))
