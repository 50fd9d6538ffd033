"""The official transformer's computation written out in plain torch from the state dict alone, for comparison.

It shares no module with the implementation: pam-system.md section 3 and published-weights.md, term by term.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

EPS = 1e-5
QK_EPS = 1e-6


class Official:
    """A state dict with the few numbers that it does not tell."""

    def __init__(self, tensors: Mapping[str, Tensor], patch: int = 2, positions: Tensor | None = None) -> None:
        self.tensors = tensors
        self.patch = patch
        self.head = tensors["transformer_blocks.0.attn1.norm_q.weight"].shape[0]
        stored = tensors.get("patch_embed.pos_embedding", positions)
        self.positions = None if stored is None else stored.float()

    def linear(self, name: str, values: Tensor) -> Tensor:
        return functional.linear(values, self.tensors[f"{name}.weight"], self.tensors.get(f"{name}.bias"))

    def norm(self, name: str, values: Tensor, eps: float) -> Tensor:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        return functional.layer_norm(values, values.shape[-1:], weight, bias, eps)

    def sinusoid(self, values: Tensor, width: int) -> Tensor:
        half = width // 2
        rates = torch.exp(-math.log(10_000) * torch.arange(half) / half)
        angles = values.float()[:, None] * rates
        return torch.cat([angles.cos(), angles.sin()], dim=1)

    def embedded(self, name: str, values: Tensor) -> Tensor:
        width = self.tensors[f"{name}.linear_1.weight"].shape[1]
        return self.linear(
            f"{name}.linear_2", functional.silu(self.linear(f"{name}.linear_1", self.sinusoid(values, width)))
        )

    def tokens(self, text: Tensor, latents: Tensor) -> tuple[Tensor, Tensor]:
        patches = functional.conv2d(
            latents.flatten(0, 1),
            self.tensors["patch_embed.proj.weight"],
            self.tensors["patch_embed.proj.bias"],
            stride=self.patch,
        )
        video = patches.flatten(2).transpose(1, 2).reshape(len(latents), -1, patches.shape[1])
        words = self.linear("patch_embed.text_proj", text)
        if self.positions is not None:
            words = words + self.positions[:, : words.shape[1]]
            video = video + self.positions[:, words.shape[1] :]
        return words, video

    def rotated(self, values: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        cos, sin = rotary
        turned = torch.stack([-values[..., 1::2], values[..., ::2]], dim=-1).flatten(-2)
        return values * cos + turned * sin

    def block(
        self, name: str, video: Tensor, text: Tensor, temb: Tensor, rotary: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor]:
        length = text.shape[1]

        def modulated(norm: str) -> tuple[Tensor, Tensor, Tensor]:
            six = self.linear(f"{name}.{norm}.linear", functional.silu(temb))[:, None].chunk(6, dim=-1)
            shift, scale, gate, text_shift, text_scale, text_gate = six
            words = self.norm(f"{name}.{norm}.norm", text, EPS) * (1 + text_scale) + text_shift
            picture = self.norm(f"{name}.{norm}.norm", video, EPS) * (1 + scale) + shift
            return torch.cat([words, picture], dim=1), gate, text_gate

        joined, gate, text_gate = modulated("norm1")
        query, key, value = (
            self.linear(f"{name}.attn1.to_{which}", joined).unflatten(-1, (-1, self.head)).transpose(1, 2)
            for which in "qkv"
        )
        query = self.norm(f"{name}.attn1.norm_q", query, QK_EPS)
        key = self.norm(f"{name}.attn1.norm_k", key, QK_EPS)
        if rotary is not None:
            query, key = (
                torch.cat([part[:, :, :length], self.rotated(part[:, :, length:], rotary)], dim=2)
                for part in (query, key)
            )
        weights = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(self.head), dim=-1)
        mixed = self.linear(f"{name}.attn1.to_out.0", (weights @ value).transpose(1, 2).flatten(2))
        video, text = video + gate * mixed[:, length:], text + text_gate * mixed[:, :length]
        joined, gate, text_gate = modulated("norm2")
        hidden = functional.gelu(self.linear(f"{name}.ff.net.0.proj", joined), approximate="tanh")
        mixed = self.linear(f"{name}.ff.net.2", hidden)
        return video + gate * mixed[:, length:], text + text_gate * mixed[:, :length]

    def __call__(
        self,
        latents: Tensor,
        text: Tensor,
        timestep: Tensor,
        slots: list[Tensor],
        rotary: tuple[Tensor, Tensor] | None,
        ofs: float | None = None,
    ) -> Tensor:
        """`slots` holds every condition's input in the order of the combining layer."""
        temb = self.embedded("time_embedding", timestep)
        if ofs is not None:
            temb = temb + self.embedded("ofs_embedding", torch.tensor([ofs]))
        words, video = self.tokens(text, latents)
        streams = [video + self.tokens(text, slot)[1] for slot in slots]
        control = self.linear("initial_combine_linear", torch.cat(streams, dim=-1))
        for index in range(
            1 + max(int(key.split(".")[1]) for key in self.tensors if key.startswith("transformer_blocks."))
        ):
            video, words = self.block(f"transformer_blocks.{index}", video, words, temb, rotary)
            if f"combine_linears.{index}.weight" in self.tensors:
                copied, _ = self.block(f"transformer_blocks_copy.{index}", control, words, temb, rotary)
                control = self.linear(f"combine_linears.{index}", copied)
                video = video + control
        shift, scale = self.linear("norm_out.linear", functional.silu(temb))[:, None].chunk(2, dim=-1)
        out = self.norm("norm_out.norm", self.norm("norm_final", video, EPS), EPS) * (1 + scale) + shift
        out = self.linear("proj_out", out)
        batch, frames, _, height, width = latents.shape
        p = self.patch
        grid = out.reshape(batch, frames, height // p, width // p, -1, p, p)
        return torch.einsum("bfhwcpq->bfchpwq", grid).reshape(batch, frames, -1, height, width)
