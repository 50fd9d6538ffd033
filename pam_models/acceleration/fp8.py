"""Linear layers that multiply in fp8 (e4m3) on a GPU: weights scaled by output row, inputs by token, as they come."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

_TYPE = torch.float8_e4m3fn
_LARGEST = torch.finfo(_TYPE).max
_MULTIPLE = 16


def _is_modulation(name: str) -> bool:
    """Modulations multiply one row for each sample, where fp8 costs accuracy and saves nothing."""
    return any(part.startswith("norm") or part.endswith("_mod") for part in name.split("."))


def quantise(values: Float[Tensor, "R K"]) -> tuple[Tensor, Float[Tensor, "R 1"]]:
    """Return values as fp8 and the float32 scale of each row, so that fp8 times scale is the row again."""
    scale = values.float().abs().amax(-1, keepdim=True).clamp_min(1e-12) / _LARGEST
    return (values.float() / scale).clamp(-_LARGEST, _LARGEST).to(_TYPE), scale


class Fp8Linear(nn.Module):
    """A linear layer with fp8 weights; inference only, bfloat16 in and out."""

    weight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight, scale = quantise(linear.weight.detach())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())

    def forward(self, values: Float[Tensor, "*n K"]) -> Float[Tensor, "*n M"]:
        """Multiply; inputs are quantised row by row."""
        rows, scale = quantise(values.reshape(-1, values.shape[-1]))
        product = torch._scaled_mm(
            rows,
            self.weight.t(),
            scale_a=scale,
            scale_b=self.scale.t(),
            bias=self.bias,
            out_dtype=torch.bfloat16,
            use_fast_accum=True,
        )
        return product.reshape(*values.shape[:-1], -1).to(values.dtype)


def to_fp8(blocks: nn.Module) -> int:
    """Replace the linear layers within `blocks`, modulations aside, in place; return how many were replaced.

    Layers whose sides are no multiples of 16 stay: the hardware's product does not take them.
    """
    replaced = 0
    for name, module in list(blocks.named_modules()):
        if not isinstance(module, nn.Linear) or _is_modulation(name):
            continue
        if module.in_features % _MULTIPLE or module.out_features % _MULTIPLE:
            continue
        parent, _, own = name.rpartition(".")
        setattr(blocks.get_submodule(parent), own, Fp8Linear(module))
        replaced += 1
    return replaced
