"""Failures of a training step in one line that says what to change."""

from __future__ import annotations

import torch

from pam_models.training.recipe import LoopRecipe


class TrainingFailedError(RuntimeError):
    """Training cannot go on; the message says what to change."""


def not_a_number(name: str, step: int, loss: float, recipe: LoopRecipe) -> TrainingFailedError:
    """The loss of a step is no number; the checkpoint before it is whole."""
    advice = f"lower {name}.learning_rate ({recipe.learning_rate}) or {name}.clip_norm ({recipe.clip_norm})"
    if recipe.precision == "bf16":
        advice += f", or set {name}.precision=fp32"
    return TrainingFailedError(
        f"{name}: the loss is {loss} at step {step}; {advice} and start again from the checkpoint"
    )


def explained_step(name: str, step: int, error: Exception, recipe: LoopRecipe) -> Exception:
    """What to change about an exception of a step; the exception itself where no setting mends it."""
    if _is_out_of_memory(error):
        return TrainingFailedError(f"{name}: out of memory at step {step}; {_smaller(name, recipe)}")
    return error


def explained_data(name: str, step: int, error: Exception, recipe: LoopRecipe) -> Exception:
    """What to change about an exception that came while a step's data were read."""
    if isinstance(error, KeyError | OSError | ValueError):
        return TrainingFailedError(
            f"{name}: the data of step {step} cannot be read: {_line(error)}; run `pam train` without "
            "--model: it makes what is missing (delete a damaged file first)"
        )
    return explained_step(name, step, error, recipe)


def _smaller(name: str, recipe: LoopRecipe) -> str:
    ways = []
    if recipe.batch > 1:
        half = recipe.batch // 2
        times = -(-recipe.batch // half) * recipe.batches_per_step
        ways.append(f"set {name}.batch={half} and {name}.batches_per_step={times} (the same step in smaller batches)")
    if not recipe.gradient_checkpointing:
        ways.append(f"set {name}.gradient_checkpointing=true")
    if recipe.engine.kind == "adamw":
        ways.append(f"set {name}.engine.kind=deepspeed (optimizer in the host's memory)")
    return " or ".join(ways) or "train on a device with more memory, or on more of them"


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _line(error: BaseException) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return text.splitlines()[0] if text else type(error).__name__
