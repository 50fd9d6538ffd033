"""Read `.npy` files that hold a pickled dict of arrays, without running anything that is in them."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from pam_models.pose.source import BadInput

# What pickled numpy arrays name, by module; numpy 2 writes `numpy._core`, numpy 1 `numpy.core`.
_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
    ("_codecs", "encode"),
}
_DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    MemoryError,
    ImportError,
    UnicodeError,
)


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 (the base class's signature)
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"the file wants to use {module}.{name}; only numpy arrays, dicts, strings and numbers are read"
            )
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


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
        loaded = _ArraysOnly(stream).load()
    except _DAMAGED as error:
        raise BadInput(f"{path}: cannot be unpickled: {error}") from error
    if isinstance(loaded, np.ndarray) and loaded.shape == () and loaded.dtype == object:
        loaded = loaded.item()
    if not isinstance(loaded, dict):
        raise BadInput(f"{path}: holds a {type(loaded).__name__}; it must hold a dict")
    _check_plain(loaded, path)
    return loaded


def _check_plain(value: object, path: Path) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise BadInput(f"{path}: has the key {key!r}; keys must be strings")
            _check_plain(inner, path)
    elif isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            raise BadInput(f"{path}: holds an array of {value.dtype}; arrays must hold numbers")
    elif not isinstance(value, (str, int, float, bool, np.number)):
        raise BadInput(f"{path}: holds a {type(value).__name__}; only arrays, strings and numbers are read")
