"""SVD with a control branch: a copy of the UNet's way down that reads the conditions, zero-initialised on its way out.

With one condition, the hand's mask, this is InterDyn's design; with several it is Table 6's SVD multi-condition.
Training and sampling are the motion model's: SVD's network, preconditioned as in EDM, predicts v of the
variance-preserving latents x = z / sqrt(1 + sigma^2), so CogVideoX's timesteps need only be told as log(sigma) / 4.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pam_models.motion.diffusion import NoiseSchedule
from pam_models.motion.svd.configuration import SvdConfig
from pam_models.motion.svd.parts import SvdParts
from pam_models.motion.svd.unet import Levels, embed, go_down, go_up
from pam_models.zoo import weights_file

_LARGEST_SIGMA = 700.0


class NoText(nn.Module):
    """SVD reads no text: prompts become zero tokens, under the interface of a word encoder."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def indices(self, prompts: Sequence[str]) -> Int[Tensor, "B 0"]:
        """Return no words."""
        return torch.zeros(len(prompts), 0, dtype=torch.long)

    def forward(self, indices: Int[Tensor, "B 0"]) -> tuple[Float[Tensor, "B 0 D"], Float[Tensor, "B 0"]]:
        """Return no tokens and no pooled embedding."""
        none = torch.zeros(len(indices), 0, self.dim, device=indices.device)
        return none, none[..., 0]

    def encode(self, prompts: Sequence[str]) -> tuple[Float[Tensor, "B 0 D"], Float[Tensor, "B 0"]]:
        """Return no tokens and no pooled embedding."""
        tokens: tuple[Tensor, Tensor] = self(self.indices(prompts))
        return tokens


class ControlCopy(nn.Module):
    """A UNet's way down that reads the conditions' latents as well; every feature leaves through zeros."""

    def __init__(self, config: SvdConfig) -> None:
        super().__init__()
        unet = UNetSpatioTemporalConditionModel(**config.unet_settings())
        self.conv_in, self.down_blocks, self.mid_block = unet.conv_in, unet.down_blocks, unet.mid_block
        first, last = config.block_out_channels[0], config.block_out_channels[-1]
        self.conv_condition = nn.Conv2d(2 * config.latent_channels * len(config.conditions), first, 3, padding=1)
        self.zero_down = nn.ModuleList(nn.Conv2d(channels, channels, 1) for channels in _feature_channels(config))
        self.zero_middle = nn.Conv2d(last, last, 1)
        for convolution in (*self.zero_down, self.zero_middle):
            nn.init.zeros_(convolution.weight)
            nn.init.zeros_(convolution.bias)

    def out(self, levels: Levels) -> Levels:
        """Pass each feature through its zero-initialised convolution."""
        down = tuple(zero(feature) for zero, feature in zip(self.zero_down, levels.down, strict=True))
        return Levels(down, self.zero_middle(levels.middle))


class SvdModel(SvdParts, nn.Module):
    """The UNet and its control branch, under the training contract of `MotionModel`: noisy latents in, v out."""

    text: NoText

    def __init__(self, config: SvdConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = UNetSpatioTemporalConditionModel(**config.unet_settings())
        self.control = ControlCopy(config)
        self.text = NoText(config.cross_attention_dim)
        self.image_context = nn.Linear(config.latent_channels * config.pooled_cells**2, config.cross_attention_dim)
        self._schedule = NoiseSchedule()
        self.reset_control_branch()

    def reset_control_branch(self) -> None:
        """Copy the UNet's way down into the branch, whose outputs are zero: it then changes nothing."""
        for name in ("conv_in", "down_blocks", "mid_block"):
            getattr(self.control, name).load_state_dict(getattr(self.unet, name).state_dict())

    def control_parameters(self) -> dict[str, nn.Parameter]:
        """Return the branch's parameters by name: what is trained on a frozen SVD."""
        return {name: value for name, value in self.named_parameters() if name.startswith("control.")}

    def forward(
        self,
        noisy: Float[Tensor, "B F C h w"],
        first_frame: Float[Tensor, "B F C h w"],
        timestep: Tensor,
        text_tokens: Float[Tensor, "B L D"],
        conditions: Mapping[str, Float[Tensor, "B F C2 h w"]],
        strengths: Mapping[str, float] | None = None,
        moments: Sequence[int] | None = None,
        *,
        cut_out: bool = False,
    ) -> Float[Tensor, "B F C h w"]:
        """Predict v; inputs are those of `denoiser.predict_velocity`.

        The first frame's latent is repeated over the clip, as SVD does. `text_tokens` may hold a CLIP picture embedding
        (B, 1, D); where it is empty the first frame's pooled latent stands for it. Raises ValueError for an unknown
        condition, and for `moments` other than a whole clip's: SVD counts frames itself.
        """
        del cut_out  # convolutions see a part of a picture as they see the whole
        frames = noisy.shape[1]
        if moments is not None and list(moments) != list(range(frames)):
            raise ValueError("SVD sees frames 0, 1, 2, ... alone: train it on whole clips (whole_clip_fraction: 1)")
        dtype = self.unet.conv_in.weight.dtype
        still = first_frame[:, :1].to(dtype)
        joined = torch.cat([noisy.to(dtype), still.expand(-1, frames, -1, -1, -1)], dim=2)
        context = self._context(still[:, 0], text_tokens.to(dtype))
        given = embed(self.unet, self._log_sigma(timestep), context, self._time_ids(len(noisy), noisy.device), frames)
        flat = joined.flatten(0, 1)
        added = self.control.conv_condition(self._condition_channels(conditions, strengths or {}, joined).flatten(0, 1))
        control = self.control.out(go_down(self.control, flat, given, added))
        levels = go_down(self.unet, flat, given).plus(control)
        flow = go_up(self.unet, levels, given)
        return flow.reshape(-1, frames, *flow.shape[1:])

    def _context(self, still: Float[Tensor, "B C h w"], tokens: Float[Tensor, "B L D"]) -> Float[Tensor, "B M D"]:
        if tokens.shape[1]:
            return tokens
        pooled = functional.adaptive_avg_pool2d(still, self.config.pooled_cells).flatten(1)
        context: Tensor = self.image_context(pooled)[:, None]
        return context

    def _condition_channels(
        self, conditions: Mapping[str, Tensor], strengths: Mapping[str, float], like: Tensor
    ) -> Float[Tensor, "B F C h w"]:
        unknown = sorted((conditions.keys() | strengths.keys()) - set(self.config.conditions))
        if unknown:
            raise ValueError(
                f"no condition is called {', '.join(unknown)}; this model has {', '.join(self.config.conditions)}"
            )
        parts = [
            conditions[name].to(like) * strengths.get(name, 1.0) if name in conditions else torch.zeros_like(like)
            for name in self.config.conditions
        ]
        return torch.cat(parts, dim=2)

    def _log_sigma(self, timestep: Tensor) -> Float[Tensor, " B"]:
        alpha = self._schedule.alphas_cumprod.to(timestep.device)[timestep.long()].clamp_min(1e-12)
        sigma = ((1 - alpha) / alpha).sqrt().clamp(1e-3, _LARGEST_SIGMA)
        return 0.25 * sigma.log()

    def _time_ids(self, batch: int, device: torch.device) -> Float[Tensor, "B 3"]:
        config = self.config
        # SVD was trained with one frame a second less than it is told.
        values = [config.fps - 1, config.motion_bucket, config.noise_augmentation]
        return torch.tensor([values] * batch, dtype=torch.float32, device=device)

    def save(self, directory: Path) -> Path:
        """Write ``weights.safetensors`` (configuration inside) into `directory` and return its path."""
        return weights_file.write_model(directory / weights_file.FILE_NAME, self, self.config)

    @classmethod
    def load(cls, source: str | Path, device: torch.device | str = "cpu") -> "SvdModel":
        """Load a saved folder or file in float32. Raises WeightsError if it is absent or does not fit."""
        return weights_file.load_model(cls, source, "svd", SvdConfig).to(device)


def _feature_channels(config: SvdConfig) -> list[int]:
    """Channels of every feature that the way down hands over: the input's, each layer's, and each downsampling's."""
    channels = [config.block_out_channels[0]]
    for level, width in enumerate(config.block_out_channels):
        channels += [width] * config.layers_per_block
        if level < len(config.block_out_channels) - 1:
            channels.append(width)
    return channels
