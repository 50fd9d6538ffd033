"""Tensors out of whatever a user has: a state dict, one safetensors file, an index of shards, a folder with either.

Nothing is unpickled but torch files of plain tensors, where the caller says that the published weights are one.
"""

import json
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pam_models.zoo.registry import WeightsError

INDEX_SUFFIX = ".safetensors.index.json"
_TORCH_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt")
_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True)
class Expected:
    """What the weights are and where to get them, for messages; `torch_files` allows ``.bin`` of plain tensors."""

    what: str
    where_from: str
    torch_files: bool = False

    def __str__(self) -> str:
        """For the end of a message."""
        return f"{self.what} ({self.where_from})"


def read_tensors(
    source: Path | str | Mapping[str, Tensor], expected: Expected, headers_only: bool = False
) -> dict[str, Tensor]:
    """Return the tensors by name, from a state dict or from a path to a file, an index or a folder.

    With `headers_only` no data is read: tensors are on the meta device. Raises WeightsError in one line that says what
    was expected: for what is absent, unreadable, incomplete, ambiguous, or a pickle.
    """
    if isinstance(source, Mapping):
        return {key: value.to("meta") for key, value in source.items()} if headers_only else dict(source)
    tensors: dict[str, Tensor] = {}
    for file in files_of(Path(source), expected):
        found = (
            _torch_file(file, expected, headers_only) if file.suffix in _TORCH_SUFFIXES else _file(file, headers_only)
        )
        tensors.update(found)
    return tensors


def files_of(path: Path, expected: Expected) -> list[Path]:
    """Return the files that hold a model's tensors. Raises as `read_tensors` does."""
    if path.is_dir():
        return _files_in(path, expected)
    if not path.is_file():
        raise WeightsError(f"{path} is absent: expected {expected}")
    if path.name.endswith(".index.json"):
        return _shards(path, expected)
    if path.suffix == ".safetensors" or (path.suffix in _TORCH_SUFFIXES and expected.torch_files):
        return [path]
    raise WeightsError(f"{path} is no .safetensors file, and pickles are not read: expected {expected}")


def size_in_bytes(tensors: Mapping[str, Tensor]) -> int:
    """Return how much memory the tensors take, meta ones included."""
    return sum(value.numel() * value.element_size() for value in tensors.values())


def _files_in(folder: Path, expected: Expected) -> list[Path]:
    indices = sorted(folder.glob(f"*{INDEX_SUFFIX}"))
    if len(indices) == 1:
        return _shards(indices[0], expected)
    plain = sorted(folder.glob("*.safetensors"))
    pickled = sorted(file for file in folder.iterdir() if file.suffix in _TORCH_SUFFIXES)
    if len(plain) == 1 and not indices:
        return plain
    if len(indices) > 1 or len(plain) > 1:
        names = ", ".join(file.name for file in (indices or plain)[:3])
        raise WeightsError(f"{folder} holds several models ({names}, ...): name one file or index of {expected}")
    if expected.torch_files and len(pickled) == 1:
        return pickled
    if pickled:
        raise WeightsError(f"{folder} holds only pickles ({pickled[0].name}), which are not read: expected {expected}")
    raise WeightsError(f"no weights in {folder}: expected {expected}")


def _shards(index: Path, expected: Expected) -> list[Path]:
    try:
        names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise WeightsError(f"{index} is no index of shards ({error!r}): expected {expected}") from error
    for name in names:
        path = index.parent / str(name)
        if path.parent != index.parent or path.suffix != ".safetensors":
            raise WeightsError(f"{index} names the shard {name!r}: only .safetensors files beside it are read")
        if not path.is_file():
            raise WeightsError(f"{path} is absent, though {index.name} names it: expected {expected}")
    return [index.parent / name for name in names]


def _file(path: Path, headers_only: bool) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as handle:
            names = list(handle.keys())
            if not headers_only:
                return {name: handle.get_tensor(name) for name in names}
            slices = {name: handle.get_slice(name) for name in names}
            return {
                name: torch.empty(part.get_shape(), dtype=_DTYPES[part.get_dtype()], device="meta")
                for name, part in slices.items()
            }
    except SafetensorError as error:
        raise WeightsError(f"{path} is no whole safetensors file ({error}); fetch it again") from error
    except KeyError as error:
        raise WeightsError(f"{path} holds tensors of type {error}, which no model here has") from error


def _torch_file(path: Path, expected: Expected, headers_only: bool) -> dict[str, Tensor]:
    place = "meta" if headers_only else "cpu"
    try:
        loaded = torch.load(path, map_location=place, weights_only=True, mmap=zipfile.is_zipfile(path))
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise WeightsError(
            f"{path} is not a torch file of plain tensors, and nothing else is read from it: expected {expected}"
        ) from error
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise WeightsError(f"{path} holds something other than a state dict of tensors: expected {expected}")
    return loaded
