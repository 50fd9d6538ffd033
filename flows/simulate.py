"""``pam simulate``: the real flow, executor and store around models that only wait."""

from pathlib import Path
from tempfile import TemporaryDirectory

from flows.console import out
from flows.progress import spoken_time
from flows.run_here import run_here
from flows.which_build import configuration
from tasks.config import GenerateConfig
from tasks.store import Store
from tasks.trace import Business, business_of, spans_in

GPU_GIB = 96.0
GPU_STEPS = ("appearance", "score", "video")


def simulate_here(
    profile: str | None, config: Path | None, settings: list[str], store: str | None, gpus: int, speed: float
) -> Business | None:
    """Run a build in which models wait for what the table of costs says, and print what the real one would take.

    Without a store it goes into a temporary folder. Raises ConfigError, ExecutorError, StoreError or
    TooManyFailuresError as a real build does. Returns how busy the GPUs were, None where no step has a GPU.
    """
    with TemporaryDirectory(prefix="pam-simulation-") as folder:
        trace = Path(folder) / "trace"
        trace.mkdir()
        place = store or f"{folder}/store"
        resolved = configuration(profile, str(config) if config is not None else None, settings, Store(place), None)
        told = [*machine_settings(resolved, gpus), *settings]
        told += [f"execution.simulation.speed={speed}", f"execution.simulation.trace={trace}"]
        run_here(profile, config, told, place, None)
        found = business_of(list(spans_in(trace)), gpus)
    print_prediction(found, speed)
    return found


def machine_settings(config: GenerateConfig, gpus: int) -> list[str]:
    """Settings that make this machine look like one with so many GPUs: one worker on each for every step with GPUs."""
    stages = config.execution.stages
    actors = {name: gpus if name in GPU_STEPS else getattr(stages, name).actors for name in type(stages).model_fields}
    cores = sum(number * getattr(stages, name).cpus for name, number in actors.items())
    cores += actors["score"] * stages.score.cpus
    told = [f"execution.num_gpus={gpus}", f"execution.num_cpus={cores + 1}"]
    if config.execution.gpu_memory_gib is None:
        told.append(f"execution.gpu_memory_gib={GPU_GIB}")
    return told + [f"execution.stages.{name}.actors={number}" for name, number in actors.items()]


def print_prediction(found: Business | None, speed: float) -> None:
    """What the simulated build would have taken in reality, and how busy its GPUs were."""
    if found is None:
        out().print("No step of this build has work for a GPU.")
        return
    real_s = found.wall_s * speed
    out().print(
        f"Predicted: {spoken_time(real_s)} on {found.gpus} GPUs ({real_s * found.gpus / 3600:.3g} GPU-hours), "
        f"busy {found.share:.1%} of the time, loading of models included",
        highlight=False,
        soft_wrap=True,
    )
