"""The official control branch written out in plain torch from the state dict alone, for comparison."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

EPS = 1e-6


class Official:
    """A branch's tensors, and the two things that they do not tell: heads come from the norms, axes from outside."""

    def __init__(self, tensors: Mapping[str, Tensor], axes: Sequence[int], theta: float = 10_000.0) -> None:
        self.tensors, self.axes, self.theta = tensors, axes, theta
        self.head = tensors["double_blocks.0.img_attn.norm.query_norm.scale"].shape[0]

    def linear(self, name: str, values: Tensor) -> Tensor:
        return functional.linear(values, self.tensors[f"{name}.weight"], self.tensors.get(f"{name}.bias"))

    def embedded(self, name: str, values: Tensor) -> Tensor:
        return self.linear(f"{name}.out_layer", functional.silu(self.linear(f"{name}.in_layer", values)))

    def sinusoid(self, values: Tensor) -> Tensor:
        rates = torch.exp(-math.log(10_000) * torch.arange(128) / 128)
        angles = 1000.0 * values[:, None] * rates
        return torch.cat([angles.cos(), angles.sin()], dim=-1)

    def hint(self, picture: Tensor) -> Tensor:
        for index in range(0, 16, 2):
            weight, bias = (self.tensors[f"input_hint_block.{index}.{kind}"] for kind in ("weight", "bias"))
            picture = functional.conv2d(picture, weight, bias, stride=2 if index in (4, 8, 12) else 1, padding=1)
            picture = functional.silu(picture) if index < 14 else picture
        batch, channels, height, width = picture.shape
        patches = picture.reshape(batch, channels, height // 2, 2, width // 2, 2)
        tokens = torch.einsum("bchpwq->bhwcpq", patches).reshape(batch, height * width // 4, channels * 4)
        return self.linear("pos_embed_input", tokens)

    def rotations(self, ids: Tensor) -> Tensor:
        angles = []
        for axis, width in enumerate(self.axes):
            rates = self.theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
            angles.append(ids[:, axis, None].double() * rates)
        return torch.cat(angles, dim=-1).float()

    def heads(self, name: str, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value = (
            part.unflatten(-1, (-1, self.head)).transpose(1, 2)
            for part in self.linear(f"{name}.qkv", values).chunk(3, dim=-1)
        )
        normed = []
        for part, which in ((query, "query"), (key, "key")):
            root = (part.square().mean(-1, keepdim=True) + EPS).sqrt()
            normed.append(part / root * self.tensors[f"{name}.norm.{which}_norm.scale"])
        return normed[0], normed[1], value

    def rotated(self, values: Tensor, angles: Tensor) -> Tensor:
        first, second = values[..., ::2], values[..., 1::2]
        cos, sin = angles.cos(), angles.sin()
        return torch.stack([cos * first - sin * second, sin * first + cos * second], dim=-1).flatten(-2)

    def block(self, name: str, img: Tensor, txt: Tensor, vector: Tensor, angles: Tensor) -> tuple[Tensor, Tensor]:
        streams = {"txt": txt, "img": img}
        six = {s: self.linear(f"{name}.{s}_mod.lin", functional.silu(vector))[:, None].chunk(6, -1) for s in streams}

        def modulated(stream: str, values: Tensor, shift: int) -> Tensor:
            normed = functional.layer_norm(values, values.shape[-1:], eps=EPS)
            return normed * (1 + six[stream][shift + 1]) + six[stream][shift]

        parts = [self.heads(f"{name}.{s}_attn", modulated(s, values, 0)) for s, values in streams.items()]
        query, key, value = (torch.cat(pair, dim=2) for pair in zip(*parts, strict=True))
        query, key = self.rotated(query, angles), self.rotated(key, angles)
        mixed = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(self.head), dim=-1) @ value
        joint = mixed.transpose(1, 2).flatten(2).split([txt.shape[1], img.shape[1]], dim=1)
        for (stream, values), attention in zip(list(streams.items()), joint, strict=True):
            values = values + six[stream][2] * self.linear(f"{name}.{stream}_attn.proj", attention)
            hidden = functional.gelu(
                self.linear(f"{name}.{stream}_mlp.0", modulated(stream, values, 3)), approximate="tanh"
            )
            streams[stream] = values + six[stream][5] * self.linear(f"{name}.{stream}_mlp.2", hidden)
        return streams["img"], streams["txt"]

    def __call__(
        self,
        img: Tensor,
        hint: Tensor,
        txt: Tensor,
        pooled: Tensor,
        timesteps: Tensor,
        guidance: Tensor | None,
        img_ids: Tensor,
        txt_ids: Tensor,
    ) -> list[Tensor]:
        """`hint` is the six-channel picture."""
        img = self.linear("img_in", img) + self.hint(hint)
        vector = self.embedded("time_in", self.sinusoid(timesteps)) + self.embedded("vector_in", pooled)
        if guidance is not None:
            vector = vector + self.embedded("guidance_in", self.sinusoid(guidance))
        txt, angles = self.linear("txt_in", txt), self.rotations(torch.cat([txt_ids, img_ids]))
        residuals = []
        while f"controlnet_blocks.{len(residuals)}.weight" in self.tensors:
            index = len(residuals)
            img, txt = self.block(f"double_blocks.{index}", img, txt, vector, angles)
            residuals.append(self.linear(f"controlnet_blocks.{index}", img))
        return residuals
