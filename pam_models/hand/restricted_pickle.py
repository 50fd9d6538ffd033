"""Read arrays out of old research pickles without running anything that the file names.

Only numpy arrays, scipy sparse matrices and two chumpy nodes are rebuilt, the last two by stand-ins that hold their
state; any other name in the stream is refused before it is looked up.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from pam_models.hand.model import BadHandFile


class StoredState:
    """Stand-in for a foreign object: keeps its state and does nothing."""

    kind = ""

    def __new__(cls, *_: object) -> "StoredState":
        """Take and ignore the constructor's arguments."""
        return object.__new__(cls)

    def __init__(self, *_: object) -> None:
        self.state: dict[Any, Any] = {}

    def __setstate__(self, state: object) -> None:
        """Keep a state dictionary.

        Raises:
            BadHandFile: the state is something else.
        """
        if not isinstance(state, dict):
            raise BadHandFile(f"a stored {self.kind} has a {type(state).__name__} as its state, not a dictionary")
        self.state = {key.decode("latin1") if isinstance(key, bytes) else key: value for key, value in state.items()}


class _Ch(StoredState):
    kind = "chumpy.ch.Ch"


class _Select(StoredState):
    kind = "chumpy.reordering.Select"


class _Sparse(StoredState):
    kind = "scipy.sparse matrix"

    format = "csc"


class _SparseRows(_Sparse):
    format = "csr"


class _Plain(StoredState):
    kind = "object"


def _reconstructor(cls: object, base: object, state: object) -> StoredState:
    if not (isinstance(cls, type) and issubclass(cls, StoredState) and base is _Plain and state is None):
        raise BadHandFile(f"the pickle wants to build a {getattr(cls, '__name__', cls)}; only arrays are read")
    return cls()


def _array_shell(cls: object, _shape: object, _kind: object) -> np.ndarray:
    if cls is not np.ndarray:
        raise BadHandFile(f"the pickle wants to build a {getattr(cls, '__name__', cls)} as an array")
    return np.empty(0, np.int8)


def _encode(text: object, encoding: object) -> bytes:
    return str(text).encode("latin1" if encoding == "latin1" else "utf-8")


def _scalar(dtype: object, data: str | bytes) -> object:
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise BadHandFile("the pickle stores a numpy scalar of a type that is no number")
    return np.frombuffer(data.encode("latin1") if isinstance(data, str) else data, dtype=dtype, count=1)[0]


def _from_buffer(buffer: bytes | bytearray, dtype: object, shape: tuple[int, ...], order: object) -> np.ndarray:
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise BadHandFile("the pickle stores an array of a type that is no number")
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order="F" if order == "F" else "C")


_CORES = ("numpy.core.multiarray", "numpy._core.multiarray")
_ALLOWED: dict[tuple[str, str], Any] = {
    **{(core, "_reconstruct"): _array_shell for core in _CORES},
    **{(core, "scalar"): _scalar for core in _CORES},
    **{(numeric, "_frombuffer"): _from_buffer for numeric in ("numpy.core.numeric", "numpy._core.numeric")},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
    ("copy_reg", "_reconstructor"): _reconstructor,
    ("copyreg", "_reconstructor"): _reconstructor,
    **{(builtins, "object"): _Plain for builtins in ("__builtin__", "builtins")},
    **{(builtins, "set"): set for builtins in ("__builtin__", "builtins")},
    **{(module, "csc_matrix"): _Sparse for module in ("scipy.sparse.csc", "scipy.sparse._csc", "scipy.sparse")},
    **{(module, "csr_matrix"): _SparseRows for module in ("scipy.sparse.csr", "scipy.sparse._csr", "scipy.sparse")},
    ("chumpy.ch", "Ch"): _Ch,
    ("chumpy", "Ch"): _Ch,
    ("chumpy.reordering", "Select"): _Select,
}


class RestrictedUnpickler(pickle.Unpickler):
    """An unpickler that knows a dozen names and refuses all others."""

    def find_class(self, module: str, name: str) -> object:
        """Look a name up in the allow-list.

        Raises:
            BadHandFile: the name is not on it.
        """
        found = _ALLOWED.get((module, name))
        if found is None:
            raise BadHandFile(f"the pickle asks for {module}.{name}; only arrays are read, nothing is run")
        return found


def load_arrays(path: Path) -> dict[str, object]:
    """Read a pickled dictionary; arrays, sparse matrices and chumpy nodes become numpy arrays, other entries stay.

    Raises:
        BadHandFile: no pickle, no dictionary, a truncated file, or one that asks for other code.
    """
    try:
        with path.open("rb") as stream:
            content = RestrictedUnpickler(stream, encoding="latin1").load()
    except BadHandFile as error:
        raise BadHandFile(f"{path}: {error}") from None
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise BadHandFile(f"{path}: not a readable pickle ({error})") from error
    if not isinstance(content, Mapping):
        raise BadHandFile(f"{path}: holds a {type(content).__name__}; it must hold a dictionary of arrays")
    try:
        return {str(key): evaluate(value) for key, value in content.items()}
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise BadHandFile(f"{path}: an array inside is damaged ({error})") from error


def evaluate(value: object) -> object:
    """Turn a stand-in into the numpy array that it stands for; anything else is returned as it is.

    Raises:
        BadHandFile: a stand-in without an array's meaning.
    """
    if not isinstance(value, StoredState):
        return value
    state = value.state
    if isinstance(value, _Ch):
        return np.asarray(evaluate(state["x"]))
    if isinstance(value, _Select):
        return np.asarray(evaluate(state["a"])).ravel()[np.asarray(state["idxs"])].reshape(state["preferred_shape"])
    if isinstance(value, _Sparse):
        parts = (np.asarray(state["data"]), np.asarray(state["indices"]), np.asarray(state["indptr"]))
        build = scipy.sparse.csr_matrix if value.format == "csr" else scipy.sparse.csc_matrix
        return build(parts, shape=tuple(state.get("_shape", state.get("shape", ())))).toarray()
    raise BadHandFile("the pickle stores an object that is no array")
