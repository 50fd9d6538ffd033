"""Stage II, appearance: condition pictures and a prompt to a picture."""

from pam_models.appearance.configuration import AppearanceConfig, ControlBranchConfig, FluxConfig, demo_config
from pam_models.appearance.control_branch import ControlBranch
from pam_models.appearance.modeling import AppearanceModel, ControlledFlux
from pam_models.appearance.pipeline import AppearancePipeline
from pam_models.appearance.word_encoder import WordEncoder, WordEncoderConfig

__all__ = [
    "AppearanceConfig",
    "AppearanceModel",
    "AppearancePipeline",
    "ControlBranch",
    "ControlBranchConfig",
    "ControlledFlux",
    "FluxConfig",
    "WordEncoder",
    "WordEncoderConfig",
    "demo_config",
]
