"""A run directory with a few made-up blocks: small pictures, nothing simulated or rendered."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from pam_models.appearance.configuration import AppearanceConfig, FluxConfig
from pam_models.appearance.word_encoder import WordEncoderConfig
from pam_models.autoencoder.configuration import AutoencoderConfig
from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.motion.configuration import MotionConfig, TransformerConfig
from pam_models.training.frame_store import FrameBlock, save_block
from pam_models.training.layout import RunLayout
from pam_models.training.loop import TrainingTask
from pam_models.training.prefetch import Batch
from pam_models.zoo.weights_file import write_model

STREAMS = ("rgb", "depth", "segmentation", "keypoints", "normal")
HEIGHT, WIDTH, FRAMES = 32, 48, 9
PROMPT = "a pale hand grasps a red mug on a wooden table in soft light"


def made_up_block(seed: int, count: int, scene: str) -> FrameBlock:
    """Smooth random pictures, a square as foreground, a plausible hand."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (len(STREAMS), count, 4, 6, 3), dtype=np.uint8)
    frames = coarse.repeat(8, axis=2).repeat(8, axis=3)
    frames[STREAMS.index("segmentation")] = 0
    frames[STREAMS.index("segmentation"), :, 8:24, 16:32] = 200
    K = np.array([[50.0, 0, 23.5], [0, 50.0, 15.5], [0, 0, 1]])
    joints = rng.uniform(-0.05, 0.05, (count, 21, 3)) + np.array([0.0, 0.0, 0.5])
    pixels = joints @ K.T
    has_hand = np.ones(count, bool)
    return FrameBlock(
        streams=STREAMS,
        frames=frames,
        joints_px=(pixels[..., :2] / pixels[..., 2:]).astype(np.float32),
        joints_cam_m=joints.astype(np.float32),
        joint_visible=np.ones((count, 21), bool),
        K=np.tile(K, (count, 1, 1)).astype(np.float32),
        has_hand=has_hand,
        prompts=(PROMPT,) * count,
        scenes=(scene,) * count,
    )


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small lose more to waiting threads than they gain."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    """Three training clips, one held out; two blocks of pictures, one held out (with a picture without a hand)."""
    run = RunLayout(tmp_path / "run")
    for index in range(3):
        save_block(run.clips, f"train-physics-{index}-v0", made_up_block(index, FRAMES, f"physics-{index}"))
    save_block(run.clips, "held-physics-9-v0", made_up_block(9, FRAMES, "physics-9"))
    for index in range(2):
        save_block(run.pictures, f"train-pictures-{index:05d}", made_up_block(20 + index, 8, "physics-0"))
    held = made_up_block(30, 8, "physics-9")
    held.has_hand[3] = False
    save_block(run.pictures, "held-pictures-00000", held)
    return run


@pytest.fixture
def tiny_autoencoder() -> AutoencoderConfig:
    """The smallest autoencoder with every level."""
    return AutoencoderConfig(
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, sample_height=HEIGHT, sample_width=WIDTH
    )


@pytest.fixture
def tiny_estimator() -> CompactConfig:
    """The smallest estimator with every level."""
    return CompactConfig(
        input_size=32, widths=(8, 8, 8, 8), blocks=(0, 0, 0, 0), heatmap_channels=8, joint_features=4, hidden=16
    )


@pytest.fixture
def tiny_motion() -> MotionConfig:
    """One base and one control block over two conditions, 9 frames of 32x48."""
    text = WordEncoderConfig(vocabulary=(PROMPT,), dim=16, pooled_dim=16)
    transformer = TransformerConfig(
        conditions=("depth", "keypoints"), num_control_blocks=1, initial_combine="random", num_attention_heads=2,
        attention_head_dim=16, num_layers=1, time_embed_dim=16, text_embed_dim=16, max_text_seq_length=text.max_words,
        sample_width=6, sample_height=4, sample_frames=FRAMES, spatial_interpolation_scale=1.0,
    )  # fmt: skip
    return MotionConfig(transformer=transformer, text=text)


@pytest.fixture
def tiny_appearance() -> AppearanceConfig:
    """One double and one single block, one control block a branch."""
    text = WordEncoderConfig(vocabulary=(PROMPT,), dim=16, pooled_dim=16)
    base = FluxConfig(
        num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=16,
        pooled_projection_dim=16, axes_dims_rope=(4, 6, 6),
    )  # fmt: skip
    return AppearanceConfig(base=base, text=text, control_blocks=1)


@pytest.fixture
def trained(layout: RunLayout, tiny_autoencoder: AutoencoderConfig) -> VideoAutoencoder:
    """An autoencoder (of random weights) where the run's other models look for it."""
    torch.manual_seed(0)
    model = VideoAutoencoder(tiny_autoencoder)
    write_model(layout.weights("autoencoder"), model, tiny_autoencoder)
    return model


def losses_on_one_batch(task: TrainingTask, batch: Batch, steps: int) -> list[float]:
    """The loss over so many steps on the same batch and the same noise."""
    optimizer = torch.optim.Adam(task.modules["model"].parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        loss = task.losses(batch, torch.Generator().manual_seed(3))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
