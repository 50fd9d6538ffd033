"""The baselines of Table 6: Stable Video Diffusion with a control branch over one condition or several."""

from pam_models.motion.svd.configuration import SvdConfig, interdyn_config, multi_condition_config
from pam_models.motion.svd.modeling import SvdModel

__all__ = ["SvdConfig", "SvdModel", "interdyn_config", "multi_condition_config"]
