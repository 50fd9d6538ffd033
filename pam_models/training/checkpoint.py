"""Checkpoints: written beside themselves and renamed, read back without executing anything from them.

The first rank's file is the checkpoint and names its step; where ranks have states of their own, their files carry that
step in their names and are written before it. So whatever is killed when, the file that counts is whole and so is
everything that it stands for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be read or does not fit the model; the message is one line."""


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write tensors, numbers and strings to `path`; a crash at any moment leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        torch.save(dict(state), file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Read what `save_checkpoint` wrote, or None where there is no file. Raises CheckpointError for a damaged file."""
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(
            f"{path} is no readable checkpoint ({type(error).__name__}); delete it to start anew"
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds a {type(state).__name__}, not the dictionary that a checkpoint is")
    return state


def share_path(path: Path, step: int, rank: int) -> Path:
    """Where a rank other than the first keeps its own state of a step."""
    return path.with_name(f"{path.stem}-{step:08d}-rank{rank}.pt")


def forget_old_shares(path: Path, step: int, rank: int) -> None:
    """Delete this rank's files of other steps: nothing stands for them any more."""
    for old in path.parent.glob(f"{path.stem}-*-rank{rank}.pt"):
        if old != share_path(path, step, rank):
            old.unlink()


def kept_tensors(module: nn.Module) -> dict[str, Tensor]:
    """What of a module a checkpoint keeps: everything but frozen parameters, which come from their own files."""
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    return {name: tensor for name, tensor in module.state_dict().items() if name not in frozen}


def load_kept(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Take back what `kept_tensors` gave. Raises RuntimeError when names or shapes differ."""
    expected = kept_tensors(module).keys()
    if tensors.keys() != expected:
        differing = sorted(tensors.keys() ^ expected)
        raise RuntimeError(f"{len(differing)} tensors are missing or unknown, the first is {differing[0]}")
    module.load_state_dict(tensors, strict=False)
