"""The size of a video autoencoder."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

SPATIAL_FACTOR = 8
TEMPORAL_FACTOR = 4


class AutoencoderConfig(BaseModel):
    """Sizes of an ``AutoencoderKLCogVideoX``; the defaults are the demo's (0.73 M parameters).

    Four resolution levels give the spatial factor 8, of which the first two also halve time: factor 4.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    codec: Literal["cogvideox", "blocks"] = "cogvideox"
    refiner_width: int = 48
    refiner_blocks: int = 3
    block_out_channels: tuple[int, int, int, int] = (16, 16, 32, 32)
    latent_channels: int = 16
    layers_per_block: int = 1
    norm_num_groups: int = 8
    sample_height: int = 96
    sample_width: int = 144

    @model_validator(mode="after")
    def _groups_fit(self) -> "AutoencoderConfig":
        for channels in self.block_out_channels:
            if channels % self.norm_num_groups:
                raise ValueError(
                    f"norm_num_groups {self.norm_num_groups} does not divide all of {self.block_out_channels}"
                )
        return self


def demo_config() -> AutoencoderConfig:
    """Return the demo's: 96 components of each block, and a small refiner (docs/adr/0004)."""
    return AutoencoderConfig(codec="blocks", latent_channels=96, refiner_width=64, refiner_blocks=4)
