"""The control branch alone in a file: what training on a frozen base changes."""

from pathlib import Path

from safetensors.torch import save_file

from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.zoo.registry import WeightsError, read_safetensors


def save_branch(transformer: MultiConditionTransformer, path: Path) -> None:
    """Write the branch's tensors, under their names in the whole transformer, as a safetensors file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = transformer.control_parameters()
    save_file({key: value.detach().contiguous().cpu() for key, value in tensors.items()}, path)


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
