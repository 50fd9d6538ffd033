"""Names that pickled numpy arrays and numbers use, old and new."""

import numpy as np

from pam_models.restricted_pickle.reader import AllowedNames, BadPickle


class _Array:
    """What the name numpy.ndarray stands for: a file may only hand it on, not call it with a size of its own."""

    def __init__(self, *_: object) -> None:
        raise BadPickle("the pickle makes an array without data")


def _array_shell(cls: object, _shape: object, _kind: object) -> np.ndarray:
    if cls is not _Array:
        raise BadPickle(f"the pickle wants to build a {getattr(cls, '__name__', cls)} as an array")
    return np.empty(0, np.int8)


def _encode(text: object, encoding: object) -> bytes:
    return str(text).encode("latin1" if encoding == "latin1" else "utf-8")


def _scalar(dtype: object, data: str | bytes) -> object:
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise BadPickle("the pickle stores a numpy scalar of a type that is no number")
    return np.frombuffer(data.encode("latin1") if isinstance(data, str) else data, dtype=dtype, count=1)[0]


def _from_buffer(buffer: bytes | bytearray, dtype: object, shape: tuple[int, ...], order: object) -> np.ndarray:
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise BadPickle("the pickle stores an array of a type that is no number")
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order="F" if order == "F" else "C")


_CORES = ("numpy.core.multiarray", "numpy._core.multiarray")

NUMPY_NAMES: AllowedNames = {
    **{(core, "_reconstruct"): _array_shell for core in _CORES},
    **{(core, "scalar"): _scalar for core in _CORES},
    **{(numeric, "_frombuffer"): _from_buffer for numeric in ("numpy.core.numeric", "numpy._core.numeric")},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
}
