"""Torch tensors out of plain pickles."""

import io
import pickle

import numpy as np
import pytest
import torch

from pam_models.restricted_pickle.reader import BadPickle, unpickle
from pam_models.restricted_pickle.torch_names import TORCH_NAMES, StoredTensor


def stored(tensor: torch.Tensor) -> StoredTensor:
    found = unpickle(io.BytesIO(pickle.dumps(tensor)), TORCH_NAMES)
    assert isinstance(found, StoredTensor)
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
def test_tensors_come_back_with_their_view(dtype: torch.dtype) -> None:
    """Catches a view that is read as its whole storage, or with its strides lost."""
    tensor = torch.arange(24).to(dtype).reshape(4, 6)
    np.testing.assert_array_equal(stored(tensor).array(), tensor.numpy())
    np.testing.assert_array_equal(stored(tensor[1:3, ::2].T).array(), tensor[1:3, ::2].T.numpy())


def test_code_in_a_storage_does_not_run(tmp_path: object) -> None:
    """Catches a tensor's inner bytes being unpickled without restriction."""

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return exec, ("raise SystemExit('ran')",)

    with pytest.raises(BadPickle, match="damaged"):
        StoredTensor(pickle.dumps(Evil()), 0, (1,), (1,)).array()


def test_a_view_beyond_its_storage_is_refused() -> None:
    """Catches memory that is not the file's being read."""
    good = stored(torch.arange(4.0))
    with pytest.raises(BadPickle, match="damaged"):
        StoredTensor(good.storage, 0, (1000,), (1,)).array()
