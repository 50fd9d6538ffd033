"""Flux's double-stream block under Black Forest Labs' tensor names."""

from collections.abc import Callable

import torch
from diffusers.models.embeddings import apply_rotary_emb
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

Rotary = tuple[Tensor, Tensor]
_MODULATIONS = 6
_EPS = 1e-6


class RMSScale(nn.Module):
    """Root-mean-square normalisation over the last axis with a learned scale."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise in float32 and return in the input's dtype."""
        wide = x.float()
        normalised = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + _EPS)
        return normalised.to(x.dtype) * self.scale


class QueryKeyNorm(nn.Module):
    """The normalisations of a stream's queries and keys."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.query_norm = RMSScale(dim)
        self.key_norm = RMSScale(dim)


class StreamAttention(nn.Module):
    """One stream's projections in and out of the attention that both streams share."""

    def __init__(self, dim: int, heads: int, qkv_bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.norm = QueryKeyNorm(dim // heads)
        self.proj = nn.Linear(dim, dim)

    def project(self, x: Float[Tensor, "B N D"]) -> tuple[Tensor, Tensor, Tensor]:
        """Return normalised queries, keys, and values, each (B, heads, N, d)."""
        query, key, value = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.norm.query_norm(query), self.norm.key_norm(key), value


class Modulation(nn.Module):
    """Shift, scale and gate for a stream's attention and then for its MLP, from the conditioning vector."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.lin = nn.Linear(dim, _MODULATIONS * dim)

    def forward(self, vector: Float[Tensor, "B D"]) -> tuple[Tensor, ...]:
        """Return six tensors of shape (B, 1, D)."""
        modulations: tuple[Tensor, ...] = self.lin(functional.silu(vector))[:, None].chunk(_MODULATIONS, dim=-1)
        return modulations


def _modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], eps=_EPS) * (1 + scale) + shift


class DoubleStreamBlock(nn.Module):
    """Picture and text tokens with separate weights and one joint attention."""

    def __init__(self, dim: int, heads: int, mlp_ratio: float, qkv_bias: bool) -> None:
        super().__init__()
        hidden = int(dim * mlp_ratio)
        self.img_mod = Modulation(dim)
        self.img_attn = StreamAttention(dim, heads, qkv_bias)
        self.img_mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, dim))
        self.txt_mod = Modulation(dim)
        self.txt_attn = StreamAttention(dim, heads, qkv_bias)
        self.txt_mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, dim))

    def forward(
        self, img: Float[Tensor, "B N D"], txt: Float[Tensor, "B L D"], vector: Float[Tensor, "B D"], rotary: Rotary
    ) -> tuple[Float[Tensor, "B N D"], Float[Tensor, "B L D"]]:
        """Return the new (img, txt); `rotary` is for the text tokens followed by the picture's."""
        img_shift, img_scale, img_gate, img_mlp_shift, img_mlp_scale, img_mlp_gate = self.img_mod(vector)
        txt_shift, txt_scale, txt_gate, txt_mlp_shift, txt_mlp_scale, txt_mlp_gate = self.txt_mod(vector)
        img_parts = self.img_attn.project(_modulated(img, img_shift, img_scale))
        txt_parts = self.txt_attn.project(_modulated(txt, txt_shift, txt_scale))
        query, key, value = (torch.cat(pair, dim=2) for pair in zip(txt_parts, img_parts, strict=True))
        rotate: Callable[[Tensor, Rotary], Tensor] = apply_rotary_emb  # type: ignore[assignment]
        query, key = rotate(query, rotary), rotate(key, rotary)
        joint = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        length = txt.shape[1]
        img = img + img_gate * self.img_attn.proj(joint[:, length:])
        txt = txt + txt_gate * self.txt_attn.proj(joint[:, :length])
        img = img + img_mlp_gate * self.img_mlp(_modulated(img, img_mlp_shift, img_mlp_scale))
        txt = txt + txt_mlp_gate * self.txt_mlp(_modulated(txt, txt_mlp_shift, txt_mlp_scale))
        return img, txt
