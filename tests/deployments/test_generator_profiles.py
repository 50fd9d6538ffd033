"""The profiles of the paper's models: everything that can be checked without a GPU or the weights."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pam_models.appearance.flow import shifted_times
from pam_models.appearance.paper import TEXT_LENGTH as FLUX_TEXT
from pam_models.conditions.camera import Camera, intrinsics
from pam_models.motion import TransformerConfig
from pam_models.motion.configuration import PAM_CONDITIONS
from pam_models.motion.diffusion import new_scheduler
from pam_models.motion.guidance import guidance_scale_at
from pam_models.motion.paper import NEGATIVE_PROMPT
from pam_models.motion.paper import TEXT_LENGTH as COGVIDEOX_TEXT
from tasks.config import GenerateConfig, load_config
from tasks.config.generators import CogVideoXVideo, FluxAppearance
from tasks.errors import ConfigError
from tasks.pose import PoseStage
from tasks.preflight import check_folders, check_weights
from tasks.preflight_models import check_models, check_speed
from tasks.prompts import check_prompts, prompter


@pytest.fixture
def paper() -> GenerateConfig:
    return load_config("paper")


def test_the_papers_numbers(paper: GenerateConfig) -> None:
    """Catches demo numbers, or another guidance, in the profile that stands for the paper."""
    appearance, video = paper.appearance, paper.video
    assert isinstance(appearance, FluxAppearance) and isinstance(video, CogVideoXVideo)
    assert (appearance.candidates, appearance.steps, appearance.guidance) == (30, 28, 4.0)
    assert (video.steps, video.guidance, video.schedule) == (50, 6.0, "pam")
    assert (paper.frames, paper.image.width, paper.image.height) == (49, 720, 480)
    assert (appearance.width, paper.image.camera_width) == (640, 640)
    assert video.speed.cache is None and not video.speed.fp8 and not appearance.speed.fp8


def test_sizes_are_those_that_the_weights_were_made_for(paper: GenerateConfig) -> None:
    """Catches pictures on another grid than the learned positions': 13 x 30 x 45 tokens and 226 of text."""
    settings = TransformerConfig()
    assert (settings.sample_width * 8, settings.sample_height * 8) == (paper.image.width, paper.image.height)
    assert settings.sample_frames == paper.frames and settings.latent_frames == 13
    tokens = settings.latent_frames * settings.sample_height * settings.sample_width // settings.patch_size**2
    assert (tokens, settings.max_text_seq_length) == (17_550, COGVIDEOX_TEXT)
    assert (paper.image.height // 16) * (640 // 16) == 1200 and FLUX_TEXT == 512
    used = {name for name, strength in paper.video.strengths.model_dump().items() if strength > 0}
    assert used == {"depth", "segmentation", "keypoints"} and used <= set(PAM_CONDITIONS)


def test_guidance_jumps_as_published(paper: GenerateConfig) -> None:
    """Catches a repaired schedule: the published one is 2.29 at 999, 6.97 at 959, 1.04 at 879, 1.00 at 799."""
    scheduler = new_scheduler()
    scheduler.set_timesteps(paper.video.steps)
    times = [int(time) for time in scheduler.timesteps]
    assert (times[0], times[-1], len(times)) == (999, 19, 50)
    scales = {
        time: guidance_scale_at(step, time, len(times), paper.video.guidance, paper.video.schedule)
        for step, time in enumerate(times)
    }
    assert {time: round(scales[time], 2) for time in (999, 959, 879, 799)} == {
        999: 2.29,
        959: 6.97,
        879: 1.04,
        799: 1.0,
    }
    assert sum(scale < 1.001 for scale in scales.values()) == 2 and 3.7 < np.mean(list(scales.values())) < 3.9


def test_prompts_are_the_official_ones(paper: GenerateConfig) -> None:
    check_prompts(paper)
    assert prompter(paper)(3, "mug") == "A hand is trying to grasp something"
    assert paper.video.prompt == "A man is in a lab trying to grasp something."
    assert NEGATIVE_PROMPT.startswith("The video is not of a high quality, it has a low resolution.")
    assert len(shifted_times(paper.appearance.steps, 1200)) == 29


def test_k_is_stretched_with_the_picture(paper: GenerateConfig) -> None:
    """Catches labels that lie beside the hand: a point at 640x480 is found at 9/8 of its column in the clip."""

    @dataclasses.dataclass(frozen=True)
    class Trajectory:
        camera: Camera

    camera = Camera(intrinsics(50.0, 640, 480), np.eye(4, dtype=np.float32), 640, 480)
    stage = PoseStage(paper, None)  # type: ignore[arg-type]
    stretched = stage._stretched(Trajectory(camera)).camera  # type: ignore[arg-type]
    point = np.array([[0.1, 0.05, 1.0]])
    before, after = camera.project(point)[0], stretched.project(point)[0]
    assert (stretched.width, stretched.height) == (720, 480)
    np.testing.assert_allclose(after + 0.5, (before + 0.5) * [1.125, 1.0], rtol=1e-6)
    assert stretched.K[0, 0] == pytest.approx(1.125 * stretched.K[1, 1])


def test_without_weights_the_profile_is_refused_before_any_step(tmp_path: Path) -> None:
    """Catches a build that simulates for hours and then finds no model; each lack is one line."""
    folders = [f"{key}={tmp_path}" for key in ("appearance.base", "appearance.weights", "video.base")]
    with pytest.raises(
        ConfigError, match=r"video\.weights: no such file or folder: /gone; give one of PAM's published"
    ):
        check_folders(load_config("paper", assignments=("hand.model=free", *folders, "video.weights=/gone")))
    given = load_config("paper", assignments=("hand.model=free", *folders, f"video.weights={tmp_path}"))
    with pytest.raises(ConfigError) as caught:
        check_models(given)
    assert "appearance: " in str(caught.value) and "black-forest-labs/FLUX.1-dev" in str(caught.value)
    assert "\n" not in str(caught.value)
    check_weights(load_config("paper", assignments=("estimator.name=compact",)))


def test_the_fast_profile_names_its_options_and_asks_for_a_gpu() -> None:
    """Catches an approximation that is on without a name, and fp8 that a worker without a GPU would meet."""
    fast = load_config("fast")
    assert fast.video.guidance == 1.0 and fast.video.speed.fp8 and fast.video.speed.cache is not None
    with pytest.raises(ConfigError, match=r"video\.speed: fp8 needs a GPU"):
        check_speed("video.speed", fast.video.speed, has_gpu=False)
    check_speed("video.speed", fast.video.speed, has_gpu=True)
