"""MANO's .pkl files as dictionaries of arrays, without chumpy and without running anything that the file names."""

from collections.abc import Mapping
from pathlib import Path

from pam_models.hand.model import BadHandFile
from pam_models.restricted_pickle.chumpy_names import CHUMPY_NAMES, evaluate
from pam_models.restricted_pickle.reader import BadPickle, unpickle


def load_arrays(path: Path) -> dict[str, object]:
    """Read a pickled dictionary; arrays, sparse matrices and chumpy nodes become numpy arrays, other entries stay.

    Raises:
        BadHandFile: no pickle, no dictionary, a truncated file, or one that asks for other code.
    """
    try:
        with path.open("rb") as stream:
            content = unpickle(stream, CHUMPY_NAMES)
        if not isinstance(content, Mapping):
            raise BadPickle(f"holds a {type(content).__name__}; it must hold a dictionary of arrays")
        return {str(key): evaluate(value) for key, value in content.items()}
    except BadPickle as error:
        raise BadHandFile(f"{path}: {error}") from error
