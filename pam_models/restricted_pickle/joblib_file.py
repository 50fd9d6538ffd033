"""Read what joblib.dump wrote, without joblib and without running anything that the file names.

joblib stores an array as a small object in the pickle, followed by the array's bytes in the stream (joblib 0.10 and
later; one byte with the length of a padding comes first where the object speaks of an alignment).
"""

import io
import zlib
from math import prod
from typing import Any

import numpy as np

from pam_models.restricted_pickle.numpy_names import NUMPY_NAMES
from pam_models.restricted_pickle.reader import AllowedNames, BadPickle, unpickle

LARGEST_BYTES = 1 << 30
_COMPRESSED = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b")


class _StoredArray:
    array: np.ndarray


def read_joblib(data: bytes) -> object:
    """The object in a joblib file, plain or packed by zlib or gzip: plain values, dicts, lists and arrays of numbers.

    Raises BadPickle for names other than numpy's and joblib's own, for arrays of objects, and for damaged data.
    """
    stream = io.BytesIO(_unpacked(data))

    class InStream(_StoredArray):
        def __setstate__(self, state: object) -> None:
            self.array = _array_after(stream, state)

    allowed: AllowedNames = {
        **NUMPY_NAMES,
        ("joblib.numpy_pickle", "NumpyArrayWrapper"): InStream,
        ("sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper"): InStream,
    }
    return _replaced(unpickle(stream, allowed))


def _unpacked(data: bytes) -> bytes:
    if data[:2] not in _COMPRESSED:
        return data
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        plain = reader.decompress(data, LARGEST_BYTES)
    except zlib.error as error:
        raise BadPickle(f"the compressed file is damaged ({error})") from error
    if reader.unconsumed_tail or not reader.eof:
        raise BadPickle(f"the compressed file is cut short or unpacks to more than {LARGEST_BYTES} bytes")
    return plain


def _array_after(stream: io.BytesIO, state: object) -> np.ndarray:
    if not isinstance(state, dict) or not isinstance(state.get("dtype"), np.dtype):
        raise BadPickle("a stored array does not say of what type it is")
    dtype, shape = state["dtype"], state.get("shape")
    if dtype.hasobject:
        raise BadPickle("the file stores an array of objects; only numbers are read")
    if not isinstance(shape, tuple) or not all(isinstance(side, int) and side >= 0 for side in shape):
        raise BadPickle(f"a stored array has the shape {str(shape)[:40]}")
    if state.get("numpy_array_alignment_bytes") is not None:
        padding = stream.read(1)
        stream.seek(padding[0] if padding else 0, io.SEEK_CUR)
    size = prod(shape) * dtype.itemsize
    if size > len(stream.getbuffer()) - stream.tell():
        raise BadPickle("the file ends within an array")
    order: Any = "F" if state.get("order") == "F" else "C"
    return np.frombuffer(stream.read(size), dtype=dtype).reshape(shape, order=order)


def _replaced(value: object) -> object:
    if isinstance(value, _StoredArray):
        if not hasattr(value, "array"):
            raise BadPickle("the file names an array and does not store it")
        return value.array
    if isinstance(value, dict):
        return {key: _replaced(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(inner) for inner in value]
    return value
