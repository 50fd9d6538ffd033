"""Which part of a configuration decides what a build makes, with paths replaced by what stands there."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tasks.config.conditions import ConditionsConfig
from tasks.config.generators import DemoVideo
from tasks.config.model import GenerateConfig
from tasks.config.objects import ProceduralObjectsConfig
from tasks.config.stages import PhysicsPose
from tasks.errors import ConfigError
from tasks.ids import build_id, canonical_json, sha256_hex

SHIPPED = Path(__file__).parents[2] / "pam_models"
SHIPPED_HAND = ("hand/*.npz",)
DEMO_WEIGHTS = {
    "appearance": ("demo-autoencoder", "demo-appearance"),
    "video": ("demo-autoencoder", "demo-motion", "demo-finisher"),
    "estimator": ("demo-estimator",),
}
"""Ids of the shipped weights that each part of a demo build reads."""
EVERYTHING = ("**/*",)
HEAD_BYTES = 1 << 20
BUILD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def content_fingerprint(path: Path, patterns: Sequence[str] = EVERYTHING) -> str:
    """A hash of a file or folder by relative names, sizes, and each file's first and last MiB; its place does not
    count. Of a folder only the files that the patterns name are looked at.

    Weights of many gigabytes are thus told apart in well under a second each. Raises ConfigError when nothing is there.
    """
    if not path.exists():
        raise ConfigError(f"{path}: no such file or folder")
    files = [path] if path.is_file() else _files(path, patterns)
    listing = []
    for file in files:
        size = file.stat().st_size
        digest = hashlib.sha256()
        with file.open("rb") as stream:
            digest.update(stream.read(HEAD_BYTES))
            if size > HEAD_BYTES:
                stream.seek(max(HEAD_BYTES, size - HEAD_BYTES))
                digest.update(stream.read(HEAD_BYTES))
        listing.append([file.relative_to(path).as_posix() if path.is_dir() else file.name, size, digest.hexdigest()])
    return sha256_hex(canonical_json(listing))


def _files(folder: Path, patterns: Sequence[str]) -> list[Path]:
    return sorted({found for pattern in patterns for found in folder.glob(pattern) if found.is_file()})


def shipped_fingerprint(patterns: tuple[str, ...]) -> str:
    """A hash of the weights or meshes that ship with the project, whole files."""
    files = sorted(file for pattern in patterns for file in SHIPPED.glob(pattern))
    return sha256_hex(canonical_json([[file.name, sha256_hex(file.read_bytes())] for file in files]))


def _subset(model: BaseModel) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        value = getattr(model, name)
        if extra.get("affects_output") is False:
            continue
        if extra.get("content_path") and value is not None:
            patterns = extra["content_path"]
            chosen = [str(pattern) for pattern in patterns] if isinstance(patterns, list) else EVERYTHING
            kept[name] = {"content": content_fingerprint(value, chosen)}
        elif isinstance(value, BaseModel):
            kept[name] = _subset(value)
        elif isinstance(value, tuple):
            kept[name] = list(value)
        else:
            kept[name] = value
    return kept


def output_subset(config: GenerateConfig) -> dict[str, Any]:
    """What affects the output: neither how the build is run, nor where its inputs lie, nor the store.

    The demo's shipped weights and the free hand stand in it by hash, so a new version of them is a new build.
    Raises ConfigError when a folder or file that the configuration names is not there.
    """
    subset = {name: part for name, part in _subset(config).items() if name != "execution"}
    if config.conditions == ConditionsConfig():
        # Ids are those of builds made before there was such a section.
        del subset["conditions"]
    _keep_pose_ids(config, subset)
    _keep_video_ids(config, subset)
    if config.hand.model == "free":
        subset["hand"]["shipped"] = shipped_fingerprint(SHIPPED_HAND)
    for name, shipped in (
        ("appearance", config.appearance.model == "demo"),
        ("video", config.video.model == "demo"),
        ("estimator", config.estimator.name == "compact"),
    ):
        if shipped:
            subset[name]["shipped"] = shipped_fingerprint(
                tuple(f"zoo/demo/{model_id}.safetensors" for model_id in DEMO_WEIGHTS[name])
            )
    if config.execution.simulation is not None:
        # What waits instead of working makes other rows: it must never be taken for, or finished as, a real build.
        subset["simulation"] = {"media_bytes": config.execution.simulation.media_bytes}
    return subset


def _keep_pose_ids(config: GenerateConfig, subset: dict[str, Any]) -> None:
    """Where pose.objects and pose.gate say nothing new, ids are those of builds made before they were there."""
    default = type(config.pose).model_fields
    if config.pose.gate == default["gate"].default:
        del subset["pose"]["gate"]
    if isinstance(config.pose, PhysicsPose) and isinstance(config.pose.objects, ProceduralObjectsConfig):
        subset["pose"]["objects"] = subset["pose"]["objects"]["names"]


def _keep_video_ids(config: GenerateConfig, subset: dict[str, Any]) -> None:
    """Where the demo's video model has no weights of the user's, ids are those of builds made before it could."""
    if isinstance(config.video, DemoVideo):
        for name in ("weights", "autoencoder", "finisher"):
            if getattr(config.video, name) is None:
                del subset["video"][name]


def build_id_of(subset: dict[str, Any], name: str | None = None) -> str:
    """The build's id: the user's name for it, or a hash of what affects its output. Raises ConfigError for an
    unusable name.
    """
    if name is None:
        return build_id(subset)
    if not BUILD_NAME.fullmatch(name):
        raise ConfigError(
            f"--build {name}: use 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit"
        )
    return name
