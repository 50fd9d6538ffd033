"""What one item of each step costs before anything was measured: a table by model and hardware.

Figures: reference/performance.md sections 1, 3, 4 and 7 (counted, published or measured there) and the paper's
Table 1. `paper` is that table as printed, `h20` and `h200` are this project's code on one such GPU (estimates until a
benchmark has measured them), and the demo's models are timed on one core of two.
"""

from dataclasses import dataclass
from typing import Literal

from tasks.config.model import GenerateConfig
from tasks.steps import BY_NAME

Hardware = Literal["paper", "h20", "h200"]

FLUX_STEPS = 28
COGVIDEOX_STEPS = 50
FRAMES = 49


@dataclass(frozen=True)
class StageCost:
    """Cost of one item: seconds on the GPU, seconds of CPU beside it, bytes written. And of one worker: seconds to
    load its model, GiB of GPU memory (0 for a step without GPU).
    """

    gpu_s: float = 0.0
    cpu_s: float = 0.0
    bytes: int = 0
    load_s: float = 0.0
    gpu_memory_gib: float = 0.0

    @property
    def worker_s(self) -> float:
        """Seconds that an item keeps a worker busy when nothing overlaps."""
        return self.gpu_s + self.cpu_s


PICTURE_S = {"paper": 36.1, "h20": 5.9, "h200": 1.4}
CLIP_S = {"paper": 245.7, "h20": 320.0, "h200": 84.0}
CROP_S = {"paper": 0.08 / 49, "h20": 0.08 / 49, "h200": 0.016 / 49}
TRAJECTORY_S = {"paper": 19.3, "h20": 2.5, "h200": 2.5}
FLUX_GIB = 41.4
COGVIDEOX_GIB = 30.3
HAMER_GIB = 3.0


def table_cost(config: GenerateConfig, step: str) -> StageCost:
    """The table's cost of one item of a step under this configuration; a reduce step costs nothing that counts."""
    hardware = config.execution.hardware
    if BY_NAME[step].reduce:
        return StageCost()
    if step == "pose":
        seconds = TRAJECTORY_S[hardware] if config.pose.source == "physics" else 0.5
        return StageCost(cpu_s=seconds, bytes=_area_bytes(config, 8.0), load_s=1.0)
    if step == "appearance":
        return _appearance(config, hardware)
    if step == "video":
        return _video(config, hardware)
    if step == "samples":
        return StageCost(cpu_s=1.0, bytes=9_000 * config.frames, load_s=1.0)
    return _score(config, step, hardware)


def _appearance(config: GenerateConfig, hardware: Hardware) -> StageCost:
    if config.appearance.model == "demo":
        return StageCost(cpu_s=0.05 * config.appearance.steps, bytes=_area_bytes(config, 1.5), load_s=2.0)
    seconds = PICTURE_S[hardware] * config.appearance.steps / FLUX_STEPS
    return StageCost(seconds, 0.1, _area_bytes(config, 1.5), 60.0, FLUX_GIB)


def _video(config: GenerateConfig, hardware: Hardware) -> StageCost:
    size = config.frames / FRAMES
    if config.video.model == "demo":
        finishing_s = 0.8 if config.video.finishes else 0.0
        seconds = (1.25 * config.video.steps + finishing_s) * size
        return StageCost(cpu_s=seconds, bytes=_area_bytes(config, 4.0), load_s=2.0)
    seconds = CLIP_S[hardware] * config.video.steps / COGVIDEOX_STEPS * size
    return StageCost(seconds, 0.4, _area_bytes(config, 0.7), 120.0, COGVIDEOX_GIB)


def _score(config: GenerateConfig, step: str, hardware: Hardware) -> StageCost:
    pictures = 1 if step == "score-candidates" else 2 * config.frames
    reading_s = 0.01 if step == "score-candidates" else 0.5
    if config.estimator.name != "compact":
        return StageCost(CROP_S[hardware] * pictures, reading_s, 400, 20.0, HAMER_GIB)
    return StageCost(cpu_s=reading_s + 0.025 * pictures, bytes=400, load_s=2.0)


def _area_bytes(config: GenerateConfig, per_pixel: float) -> int:
    return int(per_pixel * config.image.width * config.image.height)
