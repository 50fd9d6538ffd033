"""Where a training run keeps what it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TRAIN = "train"
HELD_OUT = "held"


@dataclass(frozen=True)
class RunLayout:
    """The folders under a run's root."""

    root: Path

    @property
    def scenes(self) -> Path:
        """Simulated and kinematic scenes, npz."""
        return self.root / "scenes"

    @property
    def clips(self) -> Path:
        """Rendered clips, a block each."""
        return self.root / "clips"

    @property
    def pictures(self) -> Path:
        """Blocks of single rendered pictures."""
        return self.root / "pictures"

    def latents(self, autoencoder_sha256: str) -> Path:
        """Latents made by one set of autoencoder weights."""
        return self.root / "latents" / autoencoder_sha256[:16]

    def drafts(self, motion_sha256: str) -> Path:
        """Clips made by one set of motion weights, for the finisher to learn from."""
        return self.root / "drafts" / motion_sha256[:16]

    @property
    def prompts(self) -> Path:
        """Embeddings of prompts by a frozen text encoder."""
        return self.root / "prompts"

    def model(self, name: str) -> Path:
        """Checkpoint, losses, sample sheets and the trained weights of one model."""
        return self.root / name

    def weights(self, name: str) -> Path:
        """The finished weights of one model as the other models of this run read them."""
        return self.model(name) / "weights.safetensors"


def clip_block(scene_key: str, view: int, *, held_out: bool) -> str:
    """The name of the block of one view of a scene."""
    return f"{HELD_OUT if held_out else TRAIN}-{scene_key}-v{view}"


def picture_block(index: int, *, held_out: bool) -> str:
    """The name of a block of single pictures."""
    return f"{HELD_OUT if held_out else TRAIN}-pictures-{index:05d}"
