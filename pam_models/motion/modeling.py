"""The demo's motion model: the transformer and its word encoder in one file of weights."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pam_models.appearance.word_encoder import WordEncoder
from pam_models.motion.configuration import MotionConfig
from pam_models.motion.denoiser import predict_velocity
from pam_models.motion.parts import TransformerParts
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.zoo import weights_file

DEMO_ID = "demo-motion"


class MotionModel(TransformerParts, nn.Module):
    """A `MultiConditionTransformer` and its word encoder, trained together."""

    text: WordEncoder

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
        conditions: Mapping[str, Tensor],
        strengths: Mapping[str, float] | None = None,
        moments: Sequence[int] | None = None,
        *,
        cut_out: bool = False,
    ) -> Float[Tensor, "B F C h w"]:
        """Predict v; see `predict_velocity`."""
        return predict_velocity(
            self.transformer,
            noisy,
            first_frame,
            timestep,
            text_tokens,
            conditions,
            strengths,
            moments,
            cut_out=cut_out,
        )

    def save(self, directory: Path) -> Path:
        """Write ``weights.safetensors`` (configuration inside) into `directory` and return its path."""
        return weights_file.write_model(directory / weights_file.FILE_NAME, self, self.config)

    @classmethod
    def load(cls, source: str | Path = "demo", device: torch.device | str = "cpu") -> "MotionModel":
        """Load "demo" or a saved folder or file in float32. Raises WeightsError if it is absent or does not fit."""
        return weights_file.load_model(cls, source, DEMO_ID, MotionConfig).to(device)
