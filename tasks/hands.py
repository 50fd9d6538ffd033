"""The hand model that a configuration asks for."""

from pam_models.hand.free_hand import free_hand
from pam_models.hand.mano_file import load_mano
from pam_models.hand.model import HandModel
from tasks.config import GenerateConfig


def resolve_hand(config: GenerateConfig, side: str) -> HandModel:
    """The free hand, or the user's MANO file of this side.

    Raises:
        BadHandFile: the MANO file is missing or unreadable.
    """
    if config.hand.mano_dir is None:
        return free_hand(side)
    return load_mano(config.hand.mano_dir, side)
