"""Arrays and numbers of old and new numpy."""

import io
import pickle

import numpy as np
import pytest

from pam_models.restricted_pickle.numpy_names import NUMPY_NAMES
from pam_models.restricted_pickle.reader import BadPickle, unpickle


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int64, bool])
def test_arrays_and_numbers_come_back(protocol: int, dtype: type) -> None:
    """Catches wrong dtypes or a Fortran order that is lost."""
    array = np.asfortranarray(np.arange(6).reshape(2, 3).astype(dtype))
    found = unpickle(io.BytesIO(pickle.dumps([array, array[1, 2]], protocol)), NUMPY_NAMES)
    assert isinstance(found, list)
    np.testing.assert_array_equal(found[0], array)
    assert found[0].dtype == array.dtype and found[1] == array[1, 2]


def test_an_array_of_a_size_without_data_is_refused() -> None:
    """Catches numpy.ndarray being callable from the file: an allocation of any size."""
    with pytest.raises(BadPickle, match="array without data"):
        unpickle(io.BytesIO(b"\x80\x04cnumpy\nndarray\n(M\xff\xffM\xff\xff\x86tR."), NUMPY_NAMES)
