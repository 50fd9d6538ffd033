"""The latent cache."""

import numpy as np
import pytest
import torch

from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.motion.latents import clip_latents, condition_input, pad_first_frame
from pam_models.training.frame_store import load_block
from pam_models.training.latents import (
    cache_latents,
    foreground_share,
    load_clip_latents,
    load_picture_latents,
    load_trained_autoencoder,
)
from pam_models.training.layout import RunLayout


def test_cached_latents_are_what_the_pipeline_makes(layout: RunLayout, trained: VideoAutoencoder) -> None:
    """Catches training on another layout, order or normalisation than sampling uses."""
    del trained
    model, digest = load_trained_autoencoder(layout)
    assert cache_latents(layout, model, digest, ("depth",)) == 0
    cached = load_clip_latents(layout.latents(digest) / "train-physics-0-v0.npz")
    block = load_block(layout.clips, "train-physics-0-v0")
    video = np.asarray(block.stream("depth"))[None]
    expected = condition_input(model, video)[0].numpy()
    frames = expected.shape[0]
    first = pad_first_frame(torch.from_numpy(cached.first["depth"]).float()[None], frames)[0].numpy()
    ours = np.concatenate([cached.latents["depth"].astype(np.float32), first], axis=1)
    assert ours == pytest.approx(expected, abs=2e-2)
    assert cached.latents["rgb"] == pytest.approx(
        clip_latents(model, np.asarray(block.stream("rgb"))[None])[0].numpy(), abs=2e-2
    )
    assert set(cached.latents) == {"rgb", "depth"}


def test_pictures_are_encoded_one_by_one(layout: RunLayout, trained: VideoAutoencoder) -> None:
    """Catches pictures of a block that are encoded as a video."""
    del trained
    model, digest = load_trained_autoencoder(layout)
    cache_latents(layout, model, digest, ("depth",))
    cached = load_picture_latents(layout.latents(digest) / "train-pictures-00000.npz")
    block = load_block(layout.pictures, "train-pictures-00000")
    alone = model.encode(np.asarray(block.stream("rgb"))[5:6][:, None])[0, :, 0].numpy()
    assert cached.latents[5] == pytest.approx(alone, abs=3e-2)


def test_a_second_start_encodes_nothing_but_streams_that_are_new(layout: RunLayout, trained: VideoAutoencoder) -> None:
    """Catches work done twice, and a condition added later that is never encoded."""
    del trained
    model, digest = load_trained_autoencoder(layout)
    cache_latents(layout, model, digest, ("depth",))
    times = {path: path.stat().st_mtime_ns for path in layout.latents(digest).iterdir()}
    cache_latents(layout, model, digest, ("depth",))
    assert {path: path.stat().st_mtime_ns for path in layout.latents(digest).iterdir()} == times
    cache_latents(layout, model, digest, ("depth", "normal"), pictures=False)
    assert "normal" in load_clip_latents(layout.latents(digest) / "train-physics-0-v0.npz").latents
    pictures = layout.latents(digest) / "train-pictures-00000.npz"
    assert pictures.stat().st_mtime_ns == times[pictures]


def test_without_an_autoencoder_it_says_what_to_do(layout: RunLayout) -> None:
    """Catches a bare missing-file error."""
    with pytest.raises(FileNotFoundError, match="train the autoencoder"):
        load_trained_autoencoder(layout)


def test_the_foreground_follows_the_latents_frames() -> None:
    """Catches a first frame that is pooled with the next four: it has a latent frame of its own."""
    mask = np.zeros((9, 16, 16), bool)
    mask[0, :8, :8] = True
    mask[1:3, 8:, 8:] = True
    share = foreground_share(mask, 4)
    assert share.shape == (3, 2, 2)
    assert share[0, 0, 0] == 1.0 and share[1, 0, 0] == 0.0
    assert share[1, 1, 1] == 0.5 and share[2].max() == 0.0
