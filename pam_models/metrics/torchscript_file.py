"""A network of the user's as a TorchScript file: read, named by its hash, refused in one line."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path

import torch


def load_torchscript(path: Path, device: str = "cpu") -> tuple[torch.jit.ScriptModule, str]:
    """The network, ready to be called, and its name: `torchscript-` with the first digits of the file's SHA-256.

    TorchScript is a program that torch interprets: load only files that you trust. Raises ValueError for a file that
    is none.
    """
    try:
        data = path.read_bytes()
        with warnings.catch_warnings():
            # torch recommends another format for new files; the extractors that people have are in this one.
            warnings.simplefilter("ignore", DeprecationWarning)
            model = torch.jit.load(io.BytesIO(data), map_location=device).eval()  # type: ignore[no-untyped-call]
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path}: is no readable TorchScript file ({reason})") from error
    return model, f"torchscript-{hashlib.sha256(data).hexdigest()[:12]}"
