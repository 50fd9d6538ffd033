"""The conditions of a clip as token streams, embedded once and read at every denoising step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class ControlInput:
    """What ``initial_combine_linear`` makes of the conditions, W [v + s_1, v + s_2, ...] + b, ready for any video v.

    Where every slot is given, `streams` holds the s_i and `weight`, `bias` are the layer's own. Where some are absent
    they cost nothing: the layer is linear, so that everything but v is summed once into `bias` (B, N, D), `weight` is
    the sum of the slots' weights, and `streams` is empty.
    """

    streams: tuple[Tensor, ...]
    weight: Tensor
    bias: Tensor

    @classmethod
    def of(
        cls, combine: nn.Linear, names: Sequence[str], given: Mapping[str, Tensor], nulls: Mapping[str, Tensor]
    ) -> "ControlInput":
        """Build from the slots' streams (B, N, D) and the streams (1, N, D) that stand for absent ones, by name."""
        if not nulls:
            return cls(tuple(given[name] for name in names), combine.weight, combine.bias)
        slots = combine.weight.chunk(len(names), dim=1)
        streams = {**nulls, **given}
        parts = [functional.linear(streams[name], slot) for name, slot in zip(names, slots, strict=True)]
        constant = parts[0] + combine.bias
        for part in parts[1:]:
            constant = constant + part
        return cls((), torch.stack(slots).sum(0), constant)


def combined_streams(video: Float[Tensor, "B N D"], control: ControlInput) -> Float[Tensor, "B N D"]:
    """Return the control state: the video tokens beside or within every stream, through the combining layer."""
    if not control.streams:
        return functional.linear(video, control.weight) + control.bias
    side_by_side = torch.cat([video + stream for stream in control.streams], dim=-1)
    return functional.linear(side_by_side, control.weight, control.bias)
