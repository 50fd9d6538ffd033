"""HaMeR's and WiLoR's networks out of the user's own code, checkpoint and MANO file.

Their packages import pyrender at once and build renderers that need a display; nothing here draws, so a missing or
display-less pyrender is replaced by an empty stand-in while they are imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pam_models.zoo.registry import WeightsError


@dataclass(frozen=True)
class RegressorFiles:
    """Where a network's parts lie under the user's folder, and which package and class they belong to."""

    name: str
    package: str
    network_module: str
    network_class: str
    configuration: str
    checkpoint: str
    mean_parameters: str
    where_from: str


HAMER = RegressorFiles(
    name="hamer",
    package="hamer",
    network_module="hamer.models.hamer",
    network_class="HAMER",
    configuration="hamer_ckpts/model_config.yaml",
    checkpoint="hamer_ckpts/checkpoints/hamer.ckpt",
    mean_parameters="data/mano_mean_params.npz",
    where_from="HaMeR's _DATA folder (fetch_demo_data.sh of github.com/geopavlakos/hamer)",
)
WILOR = RegressorFiles(
    name="wilor",
    package="wilor",
    network_module="wilor.models.wilor",
    network_class="WiLoR",
    configuration="pretrained_models/model_config.yaml",
    checkpoint="pretrained_models/wilor_final.ckpt",
    mean_parameters="mano_data/mano_mean_params.npz",
    where_from="a checkout of github.com/rolpotamias/WiLoR with its pretrained_models",
)


def check_files(files: RegressorFiles, folder: Path) -> None:
    """Raise WeightsError in one line for the first file that is missing under `folder`, or for a missing package."""
    for part in (files.configuration, files.checkpoint, files.mean_parameters):
        if not (folder / part).is_file():
            raise WeightsError(f"{folder / part} is absent; give {files.where_from}")
    if importlib.util.find_spec(files.package) is None:
        raise WeightsError(f"{files.name} is not installed: put its own package into this environment")


def open_network(files: RegressorFiles, folder: Path, mano_dir: Path) -> nn.Module:
    """The network with the user's weights, ready to predict, on the GPU where there is one.

    Raises WeightsError in one line where files or packages are missing or do not fit. The checkpoint is read as
    weights: only plain containers, tensors and the configuration class that Lightning stores beside them.
    """
    check_files(files, folder)
    with _no_display_needed():
        configs = importlib.import_module(f"{files.package}.configs")
        network_class = getattr(importlib.import_module(files.network_module), files.network_class)
    settings = configs.get_config(str(folder / files.configuration))
    _point_to_files(settings, folder / files.mean_parameters, mano_dir)
    network: nn.Module = network_class(settings, init_renderer=False)
    missing = network.load_state_dict(_read_state(folder / files.checkpoint, type(settings)), strict=False).missing_keys
    needed = [key for key in missing if key.startswith(("backbone", "mano_head", "refine_net"))]
    if needed:
        raise WeightsError(
            f"{folder / files.checkpoint} lacks {len(needed)} tensors of {files.name}, first {needed[0]}"
        )
    return network.to("cuda" if torch.cuda.is_available() else "cpu").eval().requires_grad_(False)


def _point_to_files(settings: Any, mean_parameters: Path, mano_dir: Path) -> None:  # noqa: ANN401  (yacs is untyped)
    settings.defrost()
    if settings.MODEL.BACKBONE.TYPE == "vit" and "BBOX_SHAPE" not in settings.MODEL:
        settings.MODEL.BBOX_SHAPE = [192, 256]
    settings.MODEL.BACKBONE.pop("PRETRAINED_WEIGHTS", None)
    settings.MANO.MODEL_PATH = str(mano_dir)
    settings.MANO.MEAN_PARAMS = str(mean_parameters)
    settings.freeze()


def _read_state(path: Path, settings_class: type) -> dict[str, torch.Tensor]:
    try:
        with torch.serialization.safe_globals([settings_class]):
            stored = torch.load(path, map_location="cpu", weights_only=True)
        return dict(stored["state_dict"])
    except (KeyError, RuntimeError, ValueError, EOFError, TypeError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path} is not read as weights: {' '.join(str(error).split())[:200]}") from error


class _StandIn(types.ModuleType):
    """A module in which every name is an empty class."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@contextmanager
def _no_display_needed() -> Iterator[None]:
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    try:
        importlib.import_module("pyrender")
    except Exception:  # noqa: BLE001  (OpenGL raises whatever its platform raises)
        sys.modules["pyrender"] = _StandIn("pyrender")
    yield
