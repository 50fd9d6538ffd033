"""joblib's layout is read without joblib, and nothing else is."""

import gzip
import os
import pickle
import zlib

import numpy as np
import pytest

from pam_models.restricted_pickle.joblib_file import read_joblib
from pam_models.restricted_pickle.reader import BadPickle
from tests.pam_models.pose.sources.dgrasp_files import joblib_bytes

CONTENT = {1: {"a": np.arange(6.0).reshape(2, 3), "f": np.asfortranarray(np.arange(6.0).reshape(2, 3))}, 2: [1, "x"]}


@pytest.mark.parametrize("alignment", [None, 16])
@pytest.mark.parametrize("pack", [bytes, zlib.compress, gzip.compress])
def test_arrays_come_back(alignment: int | None, pack: type[bytes]) -> None:
    """Catches the padding of newer files, the order of Fortran arrays, and compressed files."""
    found = read_joblib(pack(joblib_bytes(CONTENT, alignment)))
    assert isinstance(found, dict) and found[2] == [1, "x"]
    np.testing.assert_array_equal(found[1]["a"], CONTENT[1]["a"])
    np.testing.assert_array_equal(found[1]["f"], CONTENT[1]["f"])


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (pickle.dumps({"a": _Evil()}), "the pickle asks for posix.system"),
        (joblib_bytes({"a": np.zeros(99)})[:-200], "ends within an array"),
        (zlib.compress(joblib_bytes(CONTENT))[:-20], "cut short"),
        (b"\x78\x9c but not zlib", "damaged"),
        (b"nonsense", "not a readable pickle"),
    ],
)
def test_other_content_is_refused_in_one_line(data: bytes, line: str) -> None:
    """Catches code being run, and an array that is made of what is not in the file."""
    with pytest.raises(BadPickle, match=line):
        read_joblib(data)
