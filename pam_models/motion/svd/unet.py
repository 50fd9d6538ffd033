"""SVD's spatio-temporal UNet, its way down and its way up apart, so that a control branch can add between them."""

from dataclasses import dataclass

import torch
from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True)
class Given:
    """What every block reads: time embedding (B*F, E), context (B*F, L, D), and zeros (B, F): no still pictures."""

    time: Tensor
    context: Tensor
    still: Tensor


@dataclass(frozen=True)
class Levels:
    """Features (B*F, C, h, w) of the way down, in order, and of the middle."""

    down: tuple[Tensor, ...]
    middle: Tensor

    def plus(self, other: "Levels") -> "Levels":
        """Add another's features one by one."""
        return Levels(tuple(a + b for a, b in zip(self.down, other.down, strict=True)), self.middle + other.middle)


def embed(
    unet: UNetSpatioTemporalConditionModel,
    moments: Float[Tensor, " B"],
    context: Float[Tensor, "B L D"],
    time_ids: Float[Tensor, "B 3"],
    frames: int,
) -> Given:
    """Embed time as SVD does; `moments` is log(sigma) / 4, `time_ids` fps, motion bucket and noise augmentation."""
    batch, dtype = len(moments), context.dtype
    time = unet.time_embedding(unet.time_proj(moments).to(dtype))
    added = unet.add_time_proj(time_ids.flatten()).reshape(batch, -1).to(dtype)
    time = time + unet.add_embedding(added)
    still = torch.zeros(batch, frames, dtype=dtype, device=context.device)
    return Given(time.repeat_interleave(frames, 0), context.repeat_interleave(frames, 0), still)


def go_down(
    encoder: nn.Module, sample: Float[Tensor, "N C h w"], given: Given, added: Float[Tensor, "N D h w"] | None = None
) -> Levels:
    """Run ``conv_in``, the down blocks and the middle of a UNet or of a copy of them; `added` joins ``conv_in``."""
    sample = encoder.conv_in(sample)  # type: ignore[operator]
    if added is not None:
        sample = sample + added
    features: tuple[Tensor, ...] = (sample,)
    for block in encoder.down_blocks:  # type: ignore[union-attr]
        arguments = {"hidden_states": sample, "temb": given.time, "image_only_indicator": given.still}
        if getattr(block, "has_cross_attention", False):
            arguments["encoder_hidden_states"] = given.context
        sample, passed = block(**arguments)
        features += tuple(passed)
    middle = encoder.mid_block(  # type: ignore[operator]
        hidden_states=sample,
        temb=given.time,
        encoder_hidden_states=given.context,
        image_only_indicator=given.still,
    )
    return Levels(features, middle)


def go_up(unet: UNetSpatioTemporalConditionModel, levels: Levels, given: Given) -> Float[Tensor, "N C h w"]:
    """Run the up blocks and the output from the way down's features; sides need not be powers of two."""
    sample, left = levels.middle, levels.down
    for number, block in enumerate(unet.up_blocks):
        count = len(block.resnets)  # type: ignore[arg-type]
        left, passed = left[:-count], left[-count:]
        last = number == len(unet.up_blocks) - 1
        arguments = {
            "hidden_states": sample,
            "temb": given.time,
            "res_hidden_states_tuple": passed,
            "image_only_indicator": given.still,
            "upsample_size": None if last else left[-1].shape[2:],
        }
        if getattr(block, "has_cross_attention", False):
            arguments["encoder_hidden_states"] = given.context
        sample = block(**arguments)
    output: Tensor = unet.conv_out(unet.conv_act(unet.conv_norm_out(sample)))
    return output
