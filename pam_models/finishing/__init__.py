"""The demo's last step of a clip: what the small video model left soft, drawn anew from the condition videos."""

from pam_models.finishing.configuration import FinisherConfig
from pam_models.finishing.modeling import ClipFinisher

__all__ = ["ClipFinisher", "FinisherConfig"]
