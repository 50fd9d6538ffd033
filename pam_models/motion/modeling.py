"""The motion transformer: CogVideoX with a control branch over named conditions (pam-system.md section 3)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXBlock, CogVideoXTransformer3DModel
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from pam_models.appearance.word_encoder import WordEncoder
from pam_models.motion.configuration import MotionConfig, TransformerConfig
from pam_models.motion.positions import rotary_positions
from pam_models.zoo import weights_file

DEMO_ID = "demo-motion"
Rotary = tuple[Tensor, Tensor]


class MultiConditionTransformer(CogVideoXTransformer3DModel):
    """CogVideoX image-to-video with copied blocks that read any subset of the named conditions.

    Each condition (16 latent channels beside its own first frame's 16) goes through the base's patch embedding and is
    added to the video tokens; the streams side by side pass ``initial_combine_linear`` and become the control state.
    After base block i, copied block i reads the control state and the base's text tokens; a zero-initialised linear
    gives what is added to the video tokens and what the next copied block reads. Tensors are called as in the published
    weights. An absent condition is zero latents, first frame included.
    """

    def __init__(self, settings: TransformerConfig) -> None:
        base = settings.model_dump(exclude={"conditions", "num_control_blocks", "initial_combine"})
        super().__init__(**base)
        self.settings = settings
        dim = settings.inner_dim
        self.transformer_blocks_copy = nn.ModuleList(self._new_block() for _ in range(settings.num_control_blocks))
        self.combine_linears = nn.ModuleList(nn.Linear(dim, dim) for _ in range(settings.num_control_blocks))
        self.initial_combine_linear = nn.Linear(len(settings.conditions) * dim, dim)
        self.reset_control_branch()

    def reset_control_branch(self) -> None:
        """Copy the base's first blocks into the branch and zero its outputs: the branch then changes nothing."""
        for copied, base in zip(self.transformer_blocks_copy, self.transformer_blocks, strict=False):
            copied.load_state_dict(base.state_dict())
        zeroed = [*self.combine_linears]
        if self.settings.initial_combine == "zero":
            zeroed.append(self.initial_combine_linear)
        for linear in zeroed:
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)

    def control_parameters(self) -> dict[str, nn.Parameter]:
        """Return the branch's parameters by name: what training of a frozen base changes, and all it must save."""
        own = ("transformer_blocks_copy.", "combine_linears.", "initial_combine_linear.")
        return {name: value for name, value in self.named_parameters() if name.startswith(own)}

    def forward(
        self,
        hidden_states: Float[Tensor, "B F C2 h w"],
        encoder_hidden_states: Float[Tensor, "B L D"],
        timestep: Tensor,
        conditions: Mapping[str, Float[Tensor, "B F C2 h w"]] | None = None,
        image_rotary_emb: Rotary | None = None,
        strengths: Mapping[str, float] | None = None,
    ) -> Float[Tensor, "B F C h w"]:
        """Predict v. `timestep` is (B,) in 0..999; a strength multiplies its condition's latents, 0 removes it.

        Raises ValueError for a condition or strength that the model does not know.
        """
        given = self._weighted(conditions or {}, strengths or {})
        temb = self.time_embedding(self.time_proj(timestep).to(hidden_states.dtype))
        tokens = self.patch_embed(encoder_hidden_states, hidden_states)
        length = encoder_hidden_states.shape[1]
        text, video = tokens[:, :length], tokens[:, length:]
        control = self._control_state(given, encoder_hidden_states, hidden_states, video)
        for index, block in enumerate(self.transformer_blocks):
            video, text = self._run(block, video, text, temb, image_rotary_emb)
            if index < len(self.transformer_blocks_copy):
                copied = self.transformer_blocks_copy[index]
                control, _ = self._run(copied, control, text, temb, image_rotary_emb)
                control = self.combine_linears[index](control)
                video = video + control
        return self._to_latents(video, temb, hidden_states)

    def _weighted(self, conditions: Mapping[str, Tensor], strengths: Mapping[str, float]) -> dict[str, Tensor]:
        unknown = sorted((conditions.keys() | strengths.keys()) - set(self.settings.conditions))
        if unknown:
            raise ValueError(
                f"no condition is called {', '.join(unknown)}; this model has {', '.join(self.settings.conditions)}"
            )
        kept = {name: value for name, value in conditions.items() if strengths.get(name, 1.0) != 0.0}
        return {
            name: value if strengths.get(name, 1.0) == 1.0 else value * strengths[name] for name, value in kept.items()
        }

    def _control_state(
        self, given: Mapping[str, Tensor], text: Tensor, hidden_states: Tensor, video: Tensor
    ) -> Float[Tensor, "B N D"]:
        null = self._embed(torch.zeros_like(hidden_states[:1]), text[:1])
        streams = [
            video + (self._embed(given[name], text) if name in given else null) for name in self.settings.conditions
        ]
        combined: Tensor = self.initial_combine_linear(torch.cat(streams, dim=-1))
        return combined

    def _embed(self, latents: Tensor, text: Tensor) -> Float[Tensor, "B N D"]:
        tokens: Tensor = self.patch_embed(text, latents)
        return tokens[:, text.shape[1] :]

    def _run(
        self, block: nn.Module, video: Tensor, text: Tensor, temb: Tensor, rotary: Rotary | None
    ) -> tuple[Tensor, Tensor]:
        if torch.is_grad_enabled() and self.gradient_checkpointing:
            result: tuple[Tensor, Tensor] = checkpoint(block, video, text, temb, rotary, use_reentrant=False)
        else:
            result = block(video, text, temb, rotary)
        return result

    def _to_latents(self, video: Tensor, temb: Tensor, like: Tensor) -> Float[Tensor, "B F C h w"]:
        batch, frames, _, height, width = like.shape
        p = self.settings.patch_size
        out = self.proj_out(self.norm_out(self.norm_final(video), temb=temb))
        out = out.reshape(batch, frames, height // p, width // p, -1, p, p)
        latents: Tensor = out.permute(0, 1, 4, 2, 5, 3, 6).flatten(5, 6).flatten(3, 4)
        return latents

    def _new_block(self) -> CogVideoXBlock:
        return CogVideoXBlock(
            dim=self.settings.inner_dim,
            num_attention_heads=self.settings.num_attention_heads,
            attention_head_dim=self.settings.attention_head_dim,
            time_embed_dim=self.settings.time_embed_dim,
            attention_bias=True,
        )


def predict_velocity(
    transformer: MultiConditionTransformer,
    noisy: Float[Tensor, "B F C h w"],
    first_frame: Float[Tensor, "B F C h w"],
    timestep: Tensor,
    text_tokens: Float[Tensor, "B L D"],
    conditions: Mapping[str, Float[Tensor, "B F C2 h w"]],
    strengths: Mapping[str, float] | None = None,
    moments: Sequence[int] | None = None,
) -> Float[Tensor, "B F C h w"]:
    """Predict v from noisy latents, padded first-frame latents and condition inputs, made by `motion.latents`.

    `moments` are the latent frames' places in time where they are not 0, 1, 2, ..., for training on parts of clips.
    Inputs are cast to the weights' dtype; v comes in that dtype.
    """
    dtype = transformer.proj_out.weight.dtype
    hidden = torch.cat([noisy, first_frame], dim=2).to(dtype)
    given = {name: value.to(dtype) for name, value in conditions.items()}
    frames, height, width = hidden.shape[1], hidden.shape[3], hidden.shape[4]
    rotary = rotary_positions(transformer.settings, frames, height, width, hidden.device, moments)
    output: Tensor = transformer(hidden, text_tokens.to(dtype), timestep, given, rotary, strengths)
    return output


class MotionModel(nn.Module):
    """The demo's motion model: a `MultiConditionTransformer` and its word encoder, trained together."""

    def __init__(self, config: MotionConfig) -> None:
        super().__init__()
        self.config = config
        self.transformer = MultiConditionTransformer(config.transformer)
        self.text = WordEncoder(config.text)

    def forward(
        self,
        noisy: Float[Tensor, "B F C h w"],
        first_frame: Float[Tensor, "B F C h w"],
        timestep: Tensor,
        text_tokens: Float[Tensor, "B L D"],
        conditions: Mapping[str, Float[Tensor, "B F C2 h w"]],
        strengths: Mapping[str, float] | None = None,
        moments: Sequence[int] | None = None,
    ) -> Float[Tensor, "B F C h w"]:
        """Predict v; see `predict_velocity`."""
        return predict_velocity(
            self.transformer, noisy, first_frame, timestep, text_tokens, conditions, strengths, moments
        )

    def save(self, directory: Path) -> Path:
        """Write ``weights.safetensors`` (configuration inside) into `directory` and return its path."""
        return weights_file.write_model(directory / weights_file.FILE_NAME, self, self.config)

    @classmethod
    def load(cls, source: str | Path = "demo", device: torch.device | str = "cpu") -> "MotionModel":
        """Load "demo" or a saved folder or file in float32. Raises WeightsError if it is absent or does not fit."""
        config, tensors = weights_file.read_model(source, DEMO_ID, MotionConfig)
        model = cls(config)
        weights_file.load_exactly(model, tensors, str(source))
        return model.eval().requires_grad_(False).to(device)
