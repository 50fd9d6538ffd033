"""The hand model that a configuration asks for."""

from pam_models.hand.free_hand import free_hand
from pam_models.hand.mano_file import load_mano
from pam_models.hand.model import HandModel
from tasks.config import GenerateConfig
from tasks.config.stages import DexycbPose, Oakink2Pose


def resolve_hand(config: GenerateConfig, side: str) -> HandModel:
    """The free hand, or the user's MANO file of this side.

    DexYCB and OakInk2 were annotated with MANO's left hand as its file is, and their shapes belong to it; everything
    else gets the left hand with the sign of its shape directions mended (formats.md section 3.4).

    Raises:
        BadHandFile: the MANO file is missing or unreadable.
    """
    if config.hand.mano_dir is None:
        return free_hand(side)
    as_in_file = isinstance(config.pose, DexycbPose | Oakink2Pose)
    return load_mano(config.hand.mano_dir, side, left_shapedirs_fixed=not as_in_file)


def sides_of(config: GenerateConfig) -> tuple[str, ...]:
    """The hands that a build's source of motion may need."""
    return ("right", "left") if isinstance(config.pose, DexycbPose | Oakink2Pose) else ("right",)
