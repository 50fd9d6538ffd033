"""The registry of weights, and the one way to read and to write the demo's own."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

DEMO_DIRECTORY = Path(__file__).parent / "demo"
REGISTRY_FILE = "registry.json"
DEMO_MODEL_IDS = ("demo-autoencoder", "demo-appearance", "demo-motion", "demo-finisher", "demo-estimator")
_DEMO_LICENCE = "Apache-2.0"
_REVISION_LENGTH = 12
_METADATA_KEY = "pam"


class WeightsError(RuntimeError):
    """Weights are absent, altered, unreadable or do not fit the model."""


class ModelSpec(BaseModel):
    """One set of weights. `sha256` is None only for weights that the user brings and whose hash is not known here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    revision: str
    sha256: str | None
    licence: str
    where_from: str
    file: str | None


@dataclass(frozen=True)
class LoadedWeights:
    """Verified tensors with the text that was stored beside them."""

    spec: ModelSpec
    tensors: dict[str, Tensor]
    metadata: dict[str, str]


_BROUGHT_BY_THE_USER = (
    ModelSpec(
        id="pam-appearance",
        revision="unpinned",
        sha256=None,
        licence="none stated",
        where_from="huggingface.co/GasaiYU/PAM: appearance_gen/controlnet.bin",
        file=None,
    ),
    ModelSpec(
        id="pam-motion-dexycb",
        revision="unpinned",
        sha256=None,
        licence="none stated",
        where_from="huggingface.co/GasaiYU/PAM: dexycb_all_cond/",
        file=None,
    ),
    ModelSpec(
        id="pam-motion-oakink2",
        revision="unpinned",
        sha256=None,
        licence="none stated",
        where_from="huggingface.co/GasaiYU/PAM: oakink2_all_cond/",
        file=None,
    ),
    ModelSpec(
        id="flux-1-dev",
        revision="unpinned",
        sha256=None,
        licence="FLUX.1-dev non-commercial",
        where_from="huggingface.co/black-forest-labs/FLUX.1-dev, in diffusers' layout",
        file=None,
    ),
    ModelSpec(
        id="cogvideox-5b-i2v",
        revision="unpinned",
        sha256=None,
        licence="CogVideoX LICENSE",
        where_from="huggingface.co/THUDM/CogVideoX-5b-I2V, in diffusers' layout",
        file=None,
    ),
)


def registry(directory: Path = DEMO_DIRECTORY) -> dict[str, ModelSpec]:
    """Return every known set of weights by id. Raises WeightsError if the demo's list cannot be read."""
    specs = {entry.id: entry for entry in _BROUGHT_BY_THE_USER}
    path = directory / REGISTRY_FILE
    if path.is_file():
        try:
            listed = [ModelSpec.model_validate(entry) for entry in json.loads(path.read_text())["models"]]
        except (ValueError, KeyError, ValidationError) as error:
            raise WeightsError(f"{path} is not a list of model specs: {error}") from error
        specs.update({entry.id: entry for entry in listed})
    return specs


def spec(model_id: str, directory: Path = DEMO_DIRECTORY) -> ModelSpec:
    """Return the spec of `model_id`. Raises WeightsError that lists the known ids."""
    known = registry(directory)
    if model_id in known:
        return known[model_id]
    if model_id in DEMO_MODEL_IDS:
        raise WeightsError(f"{model_id} has no weights in {directory}: make them with `pam train --profile demo`")
    raise WeightsError(f"no model is called {model_id!r}; known are {', '.join(sorted(known))}")


def weights_path(model_id: str, directory: Path = DEMO_DIRECTORY) -> Path:
    """Return the file of a model that ships here. Raises WeightsError if unknown, absent, or the user's to bring."""
    entry = spec(model_id, directory)
    if entry.file is None:
        raise WeightsError(f"{model_id} does not ship with this project: fetch it from {entry.where_from}")
    path = directory / entry.file
    if not path.is_file():
        raise WeightsError(f"{model_id}: {path} is absent; make it with `pam train --profile demo`")
    return path


def load(model_id: str, directory: Path = DEMO_DIRECTORY) -> LoadedWeights:
    """Read a model's tensors after checking the file's sha256 against the registry.

    Raises WeightsError if the model is unknown, the file absent, altered, or no safetensors file.
    """
    entry = spec(model_id, directory)
    path = weights_path(model_id, directory)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != entry.sha256:
        raise WeightsError(
            f"{path} has sha256 {found}, the registry says {entry.sha256}: the file was altered, restore it"
        )
    tensors, metadata = read_safetensors(path)
    return LoadedWeights(entry, tensors, metadata)


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and metadata of a file that this project wrote. Raises WeightsError for any other."""
    if not path.is_file():
        raise WeightsError(f"no weights at {path}: a .safetensors file was expected")
    try:
        with safe_open(path, framework="pt") as handle:
            stored = (handle.metadata() or {}).get(_METADATA_KEY, "{}")
            return {key: handle.get_tensor(key) for key in handle.keys()}, dict(json.loads(stored))  # noqa: SIM118
    except SafetensorError as error:
        raise WeightsError(f"{path} is no safetensors file ({error}); pickled weights are not read") from error


def stored_text(path: Path) -> dict[str, str]:
    """Return the metadata of a file that this project wrote, its tensors unread; empty for another's.

    Raises WeightsError if it is no safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as handle:
            return dict(json.loads((handle.metadata() or {}).get(_METADATA_KEY, "{}")))
    except SafetensorError as error:
        raise WeightsError(f"{path} is no safetensors file ({error}); pickled weights are not read") from error


def safetensors_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return a safetensors file whose bytes depend on its content alone.

    The library writes several metadata entries in an order that changes from run to run, hence one of sorted JSON.
    """
    ordered = {key: tensors[key] for key in sorted(tensors)}
    return save(ordered, {_METADATA_KEY: json.dumps(dict(metadata), sort_keys=True)})


def save_demo_weights(
    model_id: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], directory: Path = DEMO_DIRECTORY
) -> ModelSpec:
    """Write ``<model_id>.safetensors`` in bfloat16 and enter it into ``registry.json``; return its spec.

    Floating tensors are stored as bfloat16, but for those of one dimension or none: statistics and biases cost little
    and keep float32. The same tensors and metadata give the same bytes. Both files are replaced atomically.
    """
    if model_id not in DEMO_MODEL_IDS:
        raise ValueError(f"demo weights are called one of {', '.join(DEMO_MODEL_IDS)}, got {model_id!r}")
    data = safetensors_bytes({key: _storage_form(value) for key, value in tensors.items()}, metadata)
    digest = hashlib.sha256(data).hexdigest()
    entry = ModelSpec(
        id=model_id,
        revision=digest[:_REVISION_LENGTH],
        sha256=digest,
        licence=_DEMO_LICENCE,
        where_from="trained by this project on clips that it simulates and renders: `pam train --profile demo`",
        file=f"{model_id}.safetensors",
    )
    directory.mkdir(parents=True, exist_ok=True)
    _replace(directory / f"{model_id}.safetensors", data)
    shipped = {key: value for key, value in registry(directory).items() if value.file is not None}
    shipped[model_id] = entry
    listing = {"models": [shipped[key].model_dump() for key in sorted(shipped)]}
    _replace(directory / REGISTRY_FILE, (json.dumps(listing, indent=2) + "\n").encode())
    return entry


def _storage_form(tensor: Tensor) -> Tensor:
    plain = tensor.detach().cpu().contiguous()
    return plain.to(torch.bfloat16) if plain.is_floating_point() and plain.ndim > 1 else plain


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(data)
    os.replace(temporary, path)  # noqa: PTH105
