"""Stage III, motion: a first frame and condition clips to a video."""

from pam_models.motion.configuration import MotionConfig, TransformerConfig, demo_config
from pam_models.motion.modeling import MotionModel
from pam_models.motion.pipeline import MotionPipeline
from pam_models.motion.transformer import MultiConditionTransformer

__all__ = [
    "MotionConfig",
    "MotionModel",
    "MotionPipeline",
    "MultiConditionTransformer",
    "TransformerConfig",
    "demo_config",
]
