"""What is looked at before any work: paths, weights, GPUs, the store. Everything wrong is one line that names the
key.
"""

import os
from importlib import import_module
from pathlib import Path

import ray

from pam_models.hand.mano_file import find_mano
from pam_models.zoo.registry import WeightsError, weights_path
from tasks.config.generators import CogVideoXVideo, DemoAppearance, DemoVideo, FluxAppearance, GivenAppearance, SvdVideo
from tasks.config.model import GenerateConfig
from tasks.config.output import DEMO_WEIGHTS
from tasks.config.stages import (
    DexycbPose,
    HamerEstimatorConfig,
    Oakink2Pose,
    RecordedPose,
    WilorEstimatorConfig,
)
from tasks.errors import ConfigError, ExecutorError
from tasks.estimators import check_estimator
from tasks.executor.batches import one_line
from tasks.executor.opening import check_room, nodes_of
from tasks.executor.placement import MIB_PER_GIB, Node, smallest_gpu_mib
from tasks.hands import sides_of
from tasks.preflight_models import check_models
from tasks.prompts import check_prompts
from tasks.store import Store

FOLDERS = {
    "graspxl": "the folder that holds GraspXL's recordings",
    "dexycb": "DexYCB's folder, with calibration, models and the subjects' recordings",
    "oakink2": "OakInk2's folder, with anno_preview and the objects' meshes",
}


def preflight(config: GenerateConfig, store: Store) -> None:
    """Looks at everything a build needs, the store last; writes nothing but the store's probe.

    A simulated build needs neither weights nor recordings. Raises ConfigError, ExecutorError or StoreError: one line,
    what is wrong and what would be right.
    """
    if config.execution.simulation is not None:
        check_machine(config)
        store.probe()
        return
    check_folders(config)
    check_machine(config)
    check_requests(config)
    check_weights(config)
    check_prompts(config)
    check_models(config)
    store.probe()


def _folder(key: str, path: Path | None, what: str) -> None:
    if path is None:
        raise ConfigError(f"{key}: must be given here; give {what}")
    if not path.is_dir():
        raise ConfigError(f"{key}: no such folder: {path}; give {what}")


def _given(key: str, path: Path | None, what: str) -> None:
    if path is None:
        raise ConfigError(f"{key}: must be given here; give {what}")
    if not path.exists():
        raise ConfigError(f"{key}: no such file or folder: {path}; give {what}")


def check_folders(config: GenerateConfig) -> None:
    """Folders that the configuration names are there, and hold what they should."""
    if isinstance(config.pose, RecordedPose):
        _folder("pose.path", config.pose.path, FOLDERS[config.pose.source])
    if isinstance(config.pose, DexycbPose | Oakink2Pose) and config.hand.model != "mano":
        raise ConfigError(
            f"hand.mano_dir: {config.pose.source}'s hands are MANO's; give the folder with your MANO_RIGHT.pkl and "
            "MANO_LEFT.pkl (from mano.is.tue.mpg.de)"
        )
    if config.hand.model == "mano":
        _folder("hand.mano_dir", config.hand.mano_dir, "the folder with your MANO_RIGHT.pkl and MANO_LEFT.pkl")
        assert config.hand.mano_dir is not None
        for side in sides_of(config):
            try:
                find_mano(config.hand.mano_dir, side)
            except ValueError as error:
                raise ConfigError(f"hand.mano_dir: {one_line(error)}") from error
    if isinstance(config.appearance, FluxAppearance):
        _folder("appearance.base", config.appearance.base, "the folder with FLUX.1-dev in diffusers' layout")
        _folder("appearance.weights", config.appearance.weights, "PAM's appearance_gen folder, with controlnet.bin")
    if isinstance(config.appearance, GivenAppearance) and config.appearance.clips is not None:
        _folder("appearance.clips", config.appearance.clips, "a folder of clips named <trajectory id>.mp4")
    if isinstance(config.video, CogVideoXVideo):
        _folder("video.base", config.video.base, "the folder with CogVideoX-5b-I2V in diffusers' layout")
        _given("video.weights", config.video.weights, "one of PAM's published folders, such as dexycb_all_cond")
    if isinstance(config.video, SvdVideo):
        _given("video.weights", config.video.weights, "what training of an SVD baseline wrote")
    if isinstance(config.estimator, HamerEstimatorConfig | WilorEstimatorConfig):
        _folder("hand.mano_dir", config.hand.mano_dir, "the folder with your MANO_RIGHT.pkl")
        _folder("estimator.path", config.estimator.path, "the folder with the estimator's own files")
        check_estimator(config)


def check_weights(config: GenerateConfig) -> None:
    """The demo's weights that this configuration uses are there."""
    used = {
        "appearance": isinstance(config.appearance, DemoAppearance),
        "video": isinstance(config.video, DemoVideo),
        "estimator": config.estimator.name == "compact",
    }
    for section, names in DEMO_WEIGHTS.items():
        for name in names if used[section] else ():
            try:
                weights_path(name)
            except WeightsError as error:
                raise ConfigError(f"{section}: {one_line(error)}") from error


def check_machine(config: GenerateConfig) -> None:
    """Cores and GPUs suffice for one worker of each step, where that can be told without starting a cluster."""
    execution = config.execution
    if execution.executor == "inline":
        return
    try:
        if ray.is_initialized():
            nodes = nodes_of(execution)
        elif execution.address == "local":
            gpus = execution.num_gpus if execution.num_gpus is not None else gpus_here()
            mib = smallest_gpu_mib() if gpus else None
            memory_gib = execution.gpu_memory_gib or (mib / MIB_PER_GIB if mib is not None else None)
            nodes = [Node("here", float(execution.num_cpus or os.cpu_count() or 1), float(gpus), memory_gib)]
        else:
            return
        check_room(execution, nodes)
    except ExecutorError as error:
        raise ConfigError(str(error)) from error


def gpus_here() -> int:
    """How many NVIDIA GPUs this process may use."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = len(list(Path("/dev").glob("nvidia[0-9]*")))
    return min(devices, len([name for name in visible.split(",") if name.strip()])) if visible is not None else devices


def check_requests(config: GenerateConfig) -> None:
    """The source of motion has something to do."""
    source_of = import_module("tasks.pose").source_of
    key = "pose.path" if isinstance(config.pose, RecordedPose) else "pose.objects"
    try:
        found = source_of(config).requests(config.pose.trajectories, config.seed)
    except Exception as error:
        # sources have errors of their own; here each means that the configuration asks for what they cannot give
        raise ConfigError(f"{key}: {one_line(error)}") from error
    if not found:
        raise ConfigError(f"{key}: gives no trajectory; ask for at least one")
