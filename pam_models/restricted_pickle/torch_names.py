"""Names in pickles of torch tensors (OakInk2's annotations): tensors stay packed until their numbers are asked for."""

import io
import pickle
import warnings
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from torch._utils import _rebuild_tensor_v2

from pam_models.restricted_pickle.numpy_names import NUMPY_NAMES
from pam_models.restricted_pickle.reader import AllowedNames, BadPickle


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as the file holds it: its storage's bytes in torch's own format, and the view onto it."""

    storage: bytes
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def array(self) -> np.ndarray:
        """The tensor's numbers. torch reads the storage with `weights_only`, which runs nothing either.

        Raises:
            BadPickle: the storage is damaged or too short for the view.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                held = torch.load(io.BytesIO(self.storage), map_location="cpu", weights_only=True)
                # torch would lengthen a storage that is too short.
                last = self.offset + sum((n - 1) * step for n, step in zip(self.size, self.stride, strict=True))
                if min((self.offset, *self.size, *self.stride)) < 0 or last >= len(held):
                    raise ValueError(f"its view {self.size} does not lie within its {len(held)} numbers")
                tensor = _rebuild_tensor_v2(held, self.offset, self.size, self.stride, False, OrderedDict())  # type: ignore[no-untyped-call]
            return np.asarray(tensor.numpy()).copy()
        except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise BadPickle(f"a stored tensor is damaged ({reason})") from error


@dataclass(frozen=True)
class _Storage:
    data: bytes


def _load_from_bytes(data: object) -> _Storage:
    if not isinstance(data, bytes):
        raise BadPickle("a stored tensor has no bytes")
    return _Storage(data)


def _rebuild(storage: object, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> StoredTensor:
    if not isinstance(storage, _Storage):
        raise BadPickle("a stored tensor has no storage")
    return StoredTensor(storage.data, int(offset), tuple(size), tuple(stride))


def _parameter(tensor: object, *_: object) -> object:
    return tensor


TORCH_NAMES: AllowedNames = {
    **NUMPY_NAMES,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch.storage", "_load_from_bytes"): _load_from_bytes,
    ("collections", "OrderedDict"): OrderedDict,
}
