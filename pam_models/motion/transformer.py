"""The motion transformer: CogVideoX with a control branch over named conditions (pam-system.md section 3)."""

from collections.abc import Mapping

import torch
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXBlock, CogVideoXTransformer3DModel
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from pam_models.motion.configuration import TransformerConfig
from pam_models.motion.control_input import ControlInput, combined_streams
from pam_models.motion.coordinates import CoordinateEncoder
from pam_models.motion.residual_cache import CachedHalf

Rotary = tuple[Tensor, Tensor]
CONTROL_GROUPS = ("transformer_blocks_copy.", "combine_linears.", "initial_combine_linear.", "coordinate_encoders.")
"""Name prefixes of the control branch's tensors: what is trained on a frozen base."""
_OFS = 2.0


class MultiConditionTransformer(CogVideoXTransformer3DModel):
    """CogVideoX image-to-video with copied blocks that read any subset of the named conditions.

    Each condition (16 latent channels beside its own first frame's 16) goes through the base's patch embedding and is
    added to the video tokens; the streams side by side pass ``initial_combine_linear`` and become the control state.
    After base block i, copied block i reads the control state and the base's text tokens; a zero-initialised linear
    gives what is added to the video tokens and what the next copied block reads. Tensors are called as in the published
    weights. An absent condition is zero latents, first frame included (all joints unseen, for coordinates).
    """

    def __init__(self, settings: TransformerConfig) -> None:
        super().__init__(**settings.base_settings())
        self.settings = settings
        dim = settings.inner_dim
        self.transformer_blocks_copy = nn.ModuleList(self._new_block() for _ in range(settings.num_control_blocks))
        self.combine_linears = nn.ModuleList(nn.Linear(dim, dim) for _ in range(settings.num_control_blocks))
        self.initial_combine_linear = nn.Linear(len(settings.conditions) * dim, dim)
        if settings.coordinate_conditions:
            self.coordinate_encoders = nn.ModuleDict(
                {name: self._new_coordinate_encoder() for name in settings.coordinate_conditions}
            )
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
        return {name: value for name, value in self.named_parameters() if name.startswith(CONTROL_GROUPS)}

    def prepare(
        self,
        conditions: Mapping[str, Tensor],
        text: Float[Tensor, "B L D"],
        like: Float[Tensor, "B F C2 h w"],
        strengths: Mapping[str, float] | None = None,
    ) -> ControlInput:
        """Embed the conditions, once for all steps; `text` and `like` give lengths and shapes alone.

        Raises ValueError for a condition or strength that the model does not know.
        """
        given = self._weighted(conditions, strengths or {})
        streams = {name: self._stream(name, value, text, like) for name, value in given.items()}
        absent = [name for name in self.settings.conditions if name not in given]
        nulls = {name: self._stream(name, self._null(name, like), text[:1], like) for name in absent}
        return ControlInput.of(self.initial_combine_linear, self.settings.conditions, streams, nulls)

    def forward(
        self,
        hidden_states: Float[Tensor, "B F C2 h w"],
        encoder_hidden_states: Float[Tensor, "B L D"],
        timestep: Tensor,
        conditions: Mapping[str, Tensor] | None = None,
        image_rotary_emb: Rotary | None = None,
        strengths: Mapping[str, float] | None = None,
        *,
        control: ControlInput | None = None,
        cached: CachedHalf | None = None,
        ofs: Tensor | None = None,
    ) -> Float[Tensor, "B F C h w"]:
        """Predict v. `timestep` is (B,) in 0..999; a strength multiplies its condition's latents, 0 removes it.

        Conditions are (B, F, C2, h, w) latents, or (B, T, P, 3) coordinates for `coordinate_conditions`. `control`,
        from `prepare`, stands in for conditions and strengths. `cached` may answer for all blocks after the first.
        `ofs` is CogVideoX 1.5's offset (2 if it is left out). Raises ValueError for a condition or strength that the
        model does not know.
        """
        if control is None:
            control = self.prepare(conditions or {}, encoder_hidden_states, hidden_states, strengths)
        temb = self._time(timestep, ofs, hidden_states.dtype)
        tokens = self.patch_embed(encoder_hidden_states, hidden_states)
        length = encoder_hidden_states.shape[1]
        text, entered = tokens[:, :length], tokens[:, length:]
        state = self._level(0, (entered, text, combined_streams(entered, control)), temb, image_rotary_emb)

        def rest() -> Tensor:
            reached = state
            for index in range(1, len(self.transformer_blocks)):
                reached = self._level(index, reached, temb, image_rotary_emb)
            return reached[0]

        video = rest() if cached is None else cached.run(entered, state[0], rest)
        return self._to_latents(video, temb, hidden_states)

    def _level(
        self, index: int, state: tuple[Tensor, Tensor, Tensor], temb: Tensor, rotary: Rotary | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Base block `index` and the control block beside it, on (video, text, control) tokens."""
        video, text, control = state
        video, text = self._run(self.transformer_blocks[index], video, text, temb, rotary)
        if index < len(self.transformer_blocks_copy):
            control, _ = self._run(self.transformer_blocks_copy[index], control, text, temb, rotary)
            control = self.combine_linears[index](control)
            video = video + control
        return video, text, control

    def _time(self, timestep: Tensor, ofs: Tensor | None, dtype: torch.dtype) -> Float[Tensor, "B E"]:
        temb: Tensor = self.time_embedding(self.time_proj(timestep).to(dtype))
        if self.ofs_embedding is None or self.ofs_proj is None:
            return temb
        offset = temb.new_full((1,), _OFS) if ofs is None else ofs
        embedded: Tensor = self.ofs_embedding(self.ofs_proj(offset).to(dtype))
        return temb + embedded

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

    def _stream(self, name: str, value: Tensor, text: Tensor, like: Tensor) -> Float[Tensor, "B N D"]:
        if name in self.settings.coordinate_conditions:
            per_frame: Tensor = self.coordinate_encoders[name](value)
            area = (like.shape[3] // self.settings.patch_size) * (like.shape[4] // self.settings.patch_size)
            return per_frame.repeat_interleave(area, dim=1)
        tokens: Tensor = self.patch_embed(text, value)
        return tokens[:, text.shape[1] :]

    def _null(self, name: str, like: Tensor) -> Tensor:
        if name not in self.settings.coordinate_conditions:
            return torch.zeros_like(like[:1])
        frames = (like.shape[1] - 1) * self.settings.temporal_compression_ratio + 1
        return like.new_zeros(1, frames, self.settings.coordinate_points, 3)

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
        p, over_time = self.settings.patch_size, self.settings.patch_size_t or 1
        out = self.proj_out(self.norm_out(self.norm_final(video), temb=temb))
        split = (batch, frames // over_time, height // p, width // p, -1, over_time, p, p)
        latents: Tensor = out.reshape(split).permute(0, 1, 5, 4, 2, 6, 3, 7).flatten(6, 7).flatten(4, 5).flatten(1, 2)
        return latents

    def _new_block(self) -> CogVideoXBlock:
        settings = self.settings
        return CogVideoXBlock(
            dim=settings.inner_dim,
            num_attention_heads=settings.num_attention_heads,
            attention_head_dim=settings.attention_head_dim,
            time_embed_dim=settings.time_embed_dim,
            activation_fn=settings.activation_fn,
            attention_bias=settings.attention_bias,
            norm_elementwise_affine=settings.norm_elementwise_affine,
            norm_eps=settings.norm_eps,
        )

    def _new_coordinate_encoder(self) -> CoordinateEncoder:
        settings = self.settings
        return CoordinateEncoder(settings.coordinate_points, settings.temporal_compression_ratio, settings.inner_dim)
