"""A base model's folder in diffusers' layout: are its parts there, whole, and no pickles."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pam_models.zoo.registry import WeightsError
from pam_models.zoo.tensor_source import Expected, read_tensors, size_in_bytes

_CONFIG = "config.json"


def check_parts(base: Path, models: Sequence[str], tokenizers: Sequence[str], where_from: str) -> int:
    """Look at the headers of each model's tensors and return the bytes of all; tokenizers need only be there.

    Raises WeightsError in one line: the part that is absent, incomplete or a pickle, and where to get it.
    """
    total = 0
    for name in models:
        folder = base / name
        if not (folder / _CONFIG).is_file():
            raise WeightsError(f"{folder / _CONFIG} is absent: expected {where_from} at {base}")
        total += size_in_bytes(read_tensors(folder, Expected(f"the part {name!r} as safetensors", where_from), True))
    for name in tokenizers:
        if not (base / name).is_dir() or not any((base / name).iterdir()):
            raise WeightsError(f"{base / name} is absent or empty: expected {where_from} at {base}")
    return total


def read_config(folder: Path) -> dict[str, Any]:
    """Return the part's ``config.json``. Raises WeightsError if it is not one."""
    path = folder / _CONFIG
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"{path} is no model configuration ({error}); fetch it again") from error
