"""Read `.npy` files that hold one pickled dict of arrays, without running anything that is in them."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from pam_models.pose.source import BadInput
from pam_models.restricted_pickle.numpy_names import NUMPY_NAMES
from pam_models.restricted_pickle.reader import BadPickle, unpickle

# A dict of dicts of arrays has two levels; a pickle may also hold a dict that holds itself.
_DEEPEST = 8


def load_array_dict(path: Path) -> dict[str, Any]:
    """Return the dict in an `.npy` file of one pickled object: numbers, strings, plain arrays, dicts of them.

    Raises BadInput for anything else: another file type, code to run, damaged data, arrays of objects.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(stream)
    except ValueError as error:
        raise BadInput(f"{path}: is not an .npy file ({error})") from error
    if dtype.kind != "O" or shape != ():
        raise BadInput(f"{path}: holds an array of {dtype} {shape}; it must hold one pickled dict")
    try:
        loaded = unpickle(stream, NUMPY_NAMES)
    except BadPickle as error:
        raise BadInput(f"{path}: {error}") from error
    if isinstance(loaded, np.ndarray) and loaded.shape == () and loaded.dtype == object:
        loaded = loaded.item()
    if not isinstance(loaded, dict):
        raise BadInput(f"{path}: holds a {type(loaded).__name__}; it must hold a dict")
    _check_plain(loaded, path)
    return loaded


def _check_plain(value: object, path: Path, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise BadInput(f"{path}: has dicts nested more than {_DEEPEST} deep; a recording has two levels")
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise BadInput(f"{path}: has the key {key!r}; keys must be strings")
            _check_plain(inner, path, depth + 1)
    elif isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            raise BadInput(f"{path}: holds an array of {value.dtype}; arrays must hold numbers")
    elif not isinstance(value, (str, int, float, bool, np.number)):
        raise BadInput(f"{path}: holds a {type(value).__name__}; only arrays, strings and numbers are read")
