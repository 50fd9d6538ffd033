"""The control branch alone in a file: what training on a frozen base changes."""

from pathlib import Path

from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.zoo.registry import WeightsError, read_safetensors, safetensors_bytes, stored_text

_CONDITIONS_KEY = "conditions"
_SEPARATOR = ","


def save_branch(transformer: MultiConditionTransformer, path: Path) -> None:
    """Write the branch's tensors, under their names in the whole transformer, with the slots' names as metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.detach().contiguous().cpu() for key, value in transformer.control_parameters().items()}
    names = _SEPARATOR.join(transformer.settings.conditions)
    path.write_bytes(safetensors_bytes(tensors, {_CONDITIONS_KEY: names}))


def branch_conditions(path: Path) -> tuple[str, ...] | None:
    """Return the slots' names that `save_branch` wrote beside the tensors; None for any other file."""
    if path.suffix != ".safetensors" or not path.is_file():
        return None
    stored = stored_text(path).get(_CONDITIONS_KEY)
    return None if stored is None else tuple(stored.split(_SEPARATOR))


def load_branch(transformer: MultiConditionTransformer, path: Path) -> None:
    """Read what `save_branch` wrote into the transformer. Raises WeightsError if it does not fit."""
    tensors, _ = read_safetensors(path)
    own = transformer.control_parameters()
    wrong = sorted(own.keys() ^ tensors.keys()) + sorted(
        key for key in own.keys() & tensors.keys() if own[key].shape != tensors[key].shape
    )
    if wrong:
        raise WeightsError(f"{path} does not fit this control branch: {len(wrong)} tensors differ, first {wrong[0]}")
    transformer.load_state_dict(tensors, strict=False)
