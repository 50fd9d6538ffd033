"""Nothing that a pickle names is run, whatever list it is read with."""

import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from pam_models.restricted_pickle.chumpy_names import CHUMPY_NAMES
from pam_models.restricted_pickle.numpy_names import NUMPY_NAMES
from pam_models.restricted_pickle.reader import AllowedNames, BadPickle, unpickle
from pam_models.restricted_pickle.torch_names import TORCH_NAMES

LISTS = pytest.mark.parametrize("allowed", [{}, NUMPY_NAMES, CHUMPY_NAMES, TORCH_NAMES])


class _Runs:
    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@LISTS
@pytest.mark.parametrize("function", [os.system, eval, getattr, pickle.loads, np.load, Path.touch])
def test_no_list_lets_a_function_run(tmp_path: Path, allowed: AllowedNames, function: object) -> None:
    """Catches a name on any list that reaches the file system or evaluates text."""
    witness = tmp_path / "ran"
    stream = io.BytesIO(pickle.dumps({"a": _Runs(function, f"touch {witness}")}))
    with pytest.raises(BadPickle, match="asks for") as caught:
        unpickle(stream, allowed)
    assert not witness.exists() and "\n" not in str(caught.value)


@LISTS
@pytest.mark.parametrize(
    "data", [b"", b"no pickle", b"\x80\x04}", pickle.dumps(list(range(99)))[:-9], b"cos\nsystem\n."]
)
def test_damaged_data_is_one_line(allowed: AllowedNames, data: bytes) -> None:
    """Catches pickle's own exceptions getting out."""
    with pytest.raises(BadPickle) as caught:
        unpickle(io.BytesIO(data), allowed)
    assert "\n" not in str(caught.value)


def test_references_to_outside_are_refused() -> None:
    """Catches a stream that asks its reader to fetch an object from elsewhere."""
    with pytest.raises(BadPickle, match="outside of itself"):
        unpickle(io.BytesIO(b"\x80\x04\x8c\x03abcQ."), NUMPY_NAMES)


def test_plain_values_come_back() -> None:
    """Catches a reader that refuses everything."""
    assert unpickle(io.BytesIO(pickle.dumps({"a": [1, "b", 2.5, None]})), {}) == {"a": [1, "b", 2.5, None]}
