"""A model in one safetensors file: its tensors, and its configuration in the metadata."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from torch import Tensor, nn

from pam_models.zoo.registry import (
    ModelSpec,
    WeightsError,
    load,
    read_safetensors,
    safetensors_bytes,
    save_demo_weights,
)

FILE_NAME = "weights.safetensors"
CONFIG_KEY = "config"
_SHOWN_KEYS = 3

Config = TypeVar("Config", bound=BaseModel)
Model = TypeVar("Model", bound=nn.Module)


def write_model(path: Path, model: nn.Module, config: BaseModel) -> Path:
    """Write the model's tensors as they are, with its configuration, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    path.write_bytes(safetensors_bytes(tensors, {CONFIG_KEY: config.model_dump_json()}))
    return path


def save_demo_model(model_id: str, model: nn.Module, config: BaseModel, metadata: Mapping[str, str]) -> ModelSpec:
    """Store a trained demo model in the zoo: its configuration beside `metadata` (data, steps, hardware, metrics)."""
    return save_demo_weights(model_id, model.state_dict(), {**metadata, CONFIG_KEY: config.model_dump_json()})


def read_model(source: str | Path, demo_id: str, config_type: type[Config]) -> tuple[Config, dict[str, Tensor]]:
    """Read (configuration, tensors) of "demo", a folder that holds ``weights.safetensors``, or such a file.

    Raises WeightsError if the file is absent, altered, without configuration, or of another model.
    """
    if source == "demo":
        loaded = load(demo_id)
        tensors, metadata = loaded.tensors, loaded.metadata
    else:
        path = Path(source)
        tensors, metadata = read_safetensors(path / FILE_NAME if path.is_dir() else path)
    try:
        return config_type.model_validate_json(metadata[CONFIG_KEY]), tensors
    except KeyError as error:
        raise WeightsError(
            f"{source}: the file's metadata has no configuration: not written by this project"
        ) from error
    except ValidationError as error:
        raise WeightsError(f"{source}: its configuration is not a {config_type.__name__}: {error}") from error


def load_model(make: Callable[[Config], Model], source: str | Path, demo_id: str, config_type: type[Config]) -> Model:
    """Make the model of a file's configuration with its tensors, for inference alone. `source` is as in `read_model`.

    Raises WeightsError as `read_model` and `load_exactly` do.
    """
    config, tensors = read_model(source, demo_id, config_type)
    model = make(config)
    load_exactly(model, tensors, str(source))
    return model.eval().requires_grad_(False)


def load_exactly(model: nn.Module, tensors: Mapping[str, Tensor], what: str) -> None:
    """Copy tensors into the model by name. Raises WeightsError naming what is missing, left over, or misshapen."""
    model.load_state_dict(fitting_tensors(model, tensors, what), strict=True)


def fitting_tensors(model: nn.Module, tensors: Mapping[str, Tensor], what: str) -> dict[str, Tensor]:
    """Return the tensors if names and shapes are the model's own. Raises WeightsError as `load_exactly` does."""
    own = model.state_dict()
    missing = sorted(own.keys() - tensors.keys())
    unknown = sorted(tensors.keys() - own.keys())
    misshapen = [
        f"{key} {tuple(tensors[key].shape)} instead of {tuple(own[key].shape)}"
        for key in sorted(own.keys() & tensors.keys())
        if own[key].shape != tensors[key].shape
    ]
    faults = [
        f"{len(names)} {kind} ({', '.join(names[:_SHOWN_KEYS])}{', ...' if len(names) > _SHOWN_KEYS else ''})"
        for kind, names in (("missing", missing), ("unknown", unknown), ("of the wrong shape", misshapen))
        if names
    ]
    if faults:
        raise WeightsError(f"{what} does not fit {type(model).__name__}: tensors {'; '.join(faults)}")
    return dict(tensors)
