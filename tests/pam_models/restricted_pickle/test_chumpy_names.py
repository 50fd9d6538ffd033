"""Stand-ins of MANO's pickles; whole files are in tests/pam_models/hand/test_mano_pickle.py."""

import io
import pickle

import numpy as np
import pytest
import scipy.sparse

from pam_models.restricted_pickle.chumpy_names import CHUMPY_NAMES, StoredState, evaluate
from pam_models.restricted_pickle.reader import BadPickle, unpickle


@pytest.mark.parametrize("kind", [scipy.sparse.csc_matrix, scipy.sparse.csr_matrix])
def test_sparse_matrices_become_dense(kind: type) -> None:
    """Catches rows and columns exchanged."""
    dense = np.arange(12.0).reshape(3, 4) * (np.arange(12).reshape(3, 4) % 3 == 0)
    np.testing.assert_array_equal(
        np.asarray(evaluate(unpickle(io.BytesIO(pickle.dumps(kind(dense), 2)), CHUMPY_NAMES))), dense
    )


def test_a_node_without_its_parts_is_damaged() -> None:
    """Catches a KeyError out of a half-written file, and a stand-in passed on as if it were an array."""
    matrix = unpickle(io.BytesIO(pickle.dumps(scipy.sparse.csc_matrix(np.eye(2)), 2)), CHUMPY_NAMES)
    assert isinstance(matrix, StoredState)
    del matrix.state["data"]
    with pytest.raises(BadPickle, match="damaged"):
        evaluate(matrix)
    with pytest.raises(BadPickle, match="no array"):
        evaluate(StoredState())
