"""The video autoencoder: 49 frames to 13 latent frames, a single picture to one."""

from pam_models.autoencoder.configuration import AutoencoderConfig
from pam_models.autoencoder.modeling import VideoAutoencoder

__all__ = ["AutoencoderConfig", "VideoAutoencoder"]
