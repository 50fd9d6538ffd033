"""`pam train` end to end with the smallest models: a snapshot in, five models out, stopped and resumed on the way."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from prefect.client.orchestration import get_client

from flows.training import train
from pam_models.appearance.configuration import AppearanceConfig, FluxConfig
from pam_models.appearance.word_encoder import WordEncoderConfig
from pam_models.autoencoder.configuration import AutoencoderConfig
from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.finishing import FinisherConfig
from pam_models.motion.configuration import MotionConfig, TransformerConfig
from pam_models.training import model_tasks
from pam_models.training.autoencoder import AutoencoderTask
from pam_models.training.estimator import EstimatorTask
from pam_models.training.recipe import MODELS
from pam_models.zoo.registry import DEMO_MODEL_IDS, load
from tests.tasks.report.published import H, T, W, publish

LOOP = {"steps": 3, "batch": 2, "learning_rate": 0.01, "sample_every": 50}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The smallest models that have every part, on one thread."""
    autoencoder = AutoencoderConfig(block_out_channels=(8, 8, 8, 8), norm_num_groups=4, sample_height=H, sample_width=W)
    estimator = CompactConfig(
        input_size=32, widths=(8, 8, 8, 8), blocks=(0, 0, 0, 0), heatmap_channels=8, joint_features=4, hidden=16
    )
    flux = FluxConfig(
        num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=16,
        pooled_projection_dim=16, axes_dims_rope=(4, 6, 6),
    )  # fmt: skip
    transformer = TransformerConfig(
        conditions=("depth",), num_control_blocks=1, initial_combine="random", num_attention_heads=2,
        attention_head_dim=16, num_layers=1, time_embed_dim=16, text_embed_dim=16, max_text_seq_length=24,
        sample_width=W // 8, sample_height=H // 8, sample_frames=T, spatial_interpolation_scale=1.0,
    )  # fmt: skip
    monkeypatch.setattr(model_tasks, "AutoencoderTask", _with(AutoencoderTask, autoencoder))
    monkeypatch.setattr(model_tasks, "EstimatorTask", _with(EstimatorTask, estimator))

    def text(vocabulary: tuple[str, ...]) -> WordEncoderConfig:
        return WordEncoderConfig(vocabulary=vocabulary, dim=16, pooled_dim=16)

    def appearance(vocabulary: tuple[str, ...]) -> AppearanceConfig:
        return AppearanceConfig(base=flux, text=text(vocabulary), control_blocks=1)

    def motion(vocabulary: tuple[str, ...], _conditions: object) -> MotionConfig:
        return MotionConfig(transformer=transformer, text=text(vocabulary))

    monkeypatch.setattr(model_tasks, "appearance_demo", appearance)
    monkeypatch.setattr(model_tasks, "motion_demo", motion)
    monkeypatch.setattr(model_tasks, "FinisherConfig", partial(FinisherConfig, widths=(8,), blocks=1))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _with(task: type, config: object) -> type:
    class Small(task):  # type: ignore[misc]
        def __init__(self, recipe: object, layout: object) -> None:
            super().__init__(recipe, layout, config)

    return Small


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    """A micro recipe over a published build of two short clips."""
    store, build = publish(tmp_path / "store")
    values: dict[str, Any] = {
        "name": "micro",
        "data": {
            "kind": "snapshot", "store": store.uri, "build": build.build_id, "frames": T, "height": H, "width": W,
            "conditions": ["depth", "segmentation", "keypoints", "normal"], "held_out_one_in": 10_000,
            "pictures_per_clip": 3,
        },
        "autoencoder": {**LOOP, "crop_frames": [1], "crop_weights": [1.0], "scale_clips": 1, "window": [32, 48]},
        "estimator": LOOP,
        "appearance": {**LOOP, "sample_steps": 1},
        "motion": {**LOOP, "conditions": ["depth"], "window": 1, "whole_clip_fraction": 0.5, "sample_steps": 1},
        "finisher": {**LOOP, "frames": 2, "cut_out": [16, 24]},
    }  # fmt: skip
    path = tmp_path / "micro.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return str(path)


@pytest.mark.usefixtures("prefect_server")
def test_one_command_makes_all_models_and_resumes_where_it_was_stopped(recipe: str, tmp_path: Path) -> None:
    """Catches stages in the wrong order, a stop that the next stage ignores, work done twice, and a page left empty."""
    out = tmp_path / "run"
    stopped = train(recipe, out=str(out), minutes=0.0)
    assert list(stopped) == ["import", "autoencoder"] and "stopped at step 1 of 3" in stopped["autoencoder"]
    assert not (out / "weights").exists()
    done = train(recipe, out=str(out))
    assert list(done) == ["import", "autoencoder", "estimator", "latents", "appearance", "motion", "drafts", "finisher"]
    assert all("finished at step 3" in done[name] for name in MODELS)
    for model_id in DEMO_MODEL_IDS:
        assert load(model_id, out / "weights").metadata["recipe"] == "micro"
    again = train(recipe, out=str(out))
    assert [line for line in again.values() if "done before" in line] == [f"{name}: done before" for name in MODELS]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("3 of 3 steps") == 5 and "motion/loss.png" in page
    with get_client(sync_client=True) as client:
        texts = [str(found.data) for found in client.read_artifacts(limit=200) if found.key == "pam-training"]
    assert any("motion: finished" in text and "data:image/png" in text for text in texts)
