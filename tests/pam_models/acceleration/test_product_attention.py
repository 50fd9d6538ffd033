import pytest
import torch
from torch.nn import functional

from pam_models.acceleration.product_attention import product_attention


def triple() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(2, 3, 7, 8, generator=generator).requires_grad_() for _ in range(3)]


@pytest.mark.parametrize("scale", [None, 0.2])
def test_it_equals_torchs_attention_with_its_gradients(scale: float | None) -> None:
    """Catches a lost scale, a softmax over the wrong axis, or a mode that never takes effect."""
    expected_of, made_of = triple(), triple()
    expected = functional.scaled_dot_product_attention(*expected_of, scale=scale)
    with product_attention(enabled=True):
        made = functional.scaled_dot_product_attention(*made_of, scale=scale)
    assert "ScaledDotProduct" not in type(made.grad_fn).__name__
    torch.testing.assert_close(made, expected)
    expected.square().sum().backward()
    made.square().sum().backward()
    for one, other in zip(expected_of, made_of, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)


def test_masks_and_sampling_keep_torchs_kernel() -> None:
    """Catches a mask that is dropped in silence."""
    query, key, value = triple()
    with product_attention(enabled=True):
        causal = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    assert torch.equal(causal, functional.scaled_dot_product_attention(query, key, value, is_causal=True))
