import torch
from torch import nn

from pam_models.acceleration.fp8 import Fp8Linear, quantise, to_fp8


def test_rows_of_any_size_come_back_within_the_formats_precision() -> None:
    """Catches one scale for all rows: a small row beside a large one would vanish."""
    values = torch.randn(4, 64) * torch.tensor([[1e-4], [1.0], [300.0], [0.0]])
    stored, scale = quantise(values)
    back = stored.float() * scale
    assert ((back - values).abs() <= values.abs() * 2**-4 + scale * 2**-9).all()


def test_the_product_is_close_to_the_full_one() -> None:
    """Catches scales on the wrong side, and a bias that is scaled."""
    torch.manual_seed(0)
    linear = nn.Linear(64, 32).bfloat16()
    values = torch.randn(2, 16, 64, dtype=torch.bfloat16)
    found, expected = Fp8Linear(linear)(values).float(), linear(values).float()
    assert found.shape == expected.shape
    assert (found - expected).norm() / expected.norm() < 0.05


def test_modulations_and_odd_sides_stay_as_they_are() -> None:
    """Catches fp8 where it costs accuracy for nothing, or where the hardware would refuse."""
    block = nn.ModuleDict(
        {
            "attn1": nn.ModuleDict({"to_q": nn.Linear(32, 32), "odd": nn.Linear(32, 20)}),
            "norm1": nn.ModuleDict({"linear": nn.Linear(32, 32)}),
            "img_mod": nn.ModuleDict({"lin": nn.Linear(32, 32)}),
        }
    )
    assert to_fp8(block) == 1
    assert [name for name, module in block.named_modules() if isinstance(module, Fp8Linear)] == ["attn1.to_q"]
