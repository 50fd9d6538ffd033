import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from torch import nn

from pam_models.autoencoder import large
from pam_models.autoencoder.large import channels_last, decode_bytes, fit_to_device


def small() -> AutoencoderKLCogVideoX:
    torch.manual_seed(0)
    return AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=4
    ).eval()


def test_whole_pictures_unless_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches tiles, which change pixels and cost 40 % more, where they are not needed."""
    model = small()
    needed = decode_bytes(model, 480, 720)
    for free, tiled in ((needed + 1, False), (needed - 1, True), (None, False)):
        monkeypatch.setattr(large, "free_bytes", lambda _, free=free: free)
        assert fit_to_device(model, 480, 720, "cpu") is tiled
        assert model.use_tiling is tiled


def test_the_layout_changes_no_value() -> None:
    """Catches a layout that is applied to no convolution, or transposes one."""
    model, latents = small(), torch.randn(1, 4, 3, 2, 2)
    with torch.inference_mode():
        plain = model.decode(latents).sample
    assert channels_last(model) == sum(isinstance(module, nn.Conv3d) for module in model.modules()) > 0
    with torch.inference_mode():
        torch.testing.assert_close(model.decode(latents).sample, plain, rtol=1e-4, atol=1e-4)
