"""Names in the pickles of MANO: chumpy nodes and scipy sparse matrices, rebuilt by stand-ins that only hold state."""

from typing import Any

import numpy as np
import scipy.sparse

from pam_models.restricted_pickle.numpy_names import NUMPY_NAMES
from pam_models.restricted_pickle.reader import AllowedNames, BadPickle


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
            BadPickle: the state is something else.
        """
        if not isinstance(state, dict):
            raise BadPickle(f"a stored {self.kind} has a {type(state).__name__} as its state, not a dictionary")
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
        raise BadPickle(f"the pickle wants to build a {getattr(cls, '__name__', cls)}; only arrays are read")
    return cls()


CHUMPY_NAMES: AllowedNames = {
    **NUMPY_NAMES,
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


def evaluate(value: object) -> object:
    """Turn a stand-in into the numpy array that it stands for; anything else is returned as it is.

    Raises:
        BadPickle: a stand-in without an array's meaning, or one whose parts do not fit.
    """
    if not isinstance(value, StoredState):
        return value
    state = value.state
    try:
        if isinstance(value, _Ch):
            return np.asarray(evaluate(state["x"]))
        if isinstance(value, _Select):
            return np.asarray(evaluate(state["a"])).ravel()[np.asarray(state["idxs"])].reshape(state["preferred_shape"])
        if isinstance(value, _Sparse):
            parts = (np.asarray(state["data"]), np.asarray(state["indices"]), np.asarray(state["indptr"]))
            build = scipy.sparse.csr_matrix if value.format == "csr" else scipy.sparse.csc_matrix
            return build(parts, shape=tuple(state.get("_shape", state.get("shape", ())))).toarray()
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise BadPickle(f"a stored {value.kind} is damaged ({error})") from error
    raise BadPickle("the pickle stores an object that is no array")
