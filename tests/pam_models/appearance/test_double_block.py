import torch
from diffusers.models.transformers.transformer_flux import FluxPosEmbed, FluxTransformer2DModel

from pam_models.appearance import AppearanceConfig, ControlBranch
from pam_models.appearance.branch_init import start_from_base


def test_a_block_computes_what_diffusers_flux_block_computes(small_config: AppearanceConfig) -> None:
    """Catches a wrong order of modulations, of text and picture, or of a normalisation."""
    torch.manual_seed(0)
    base = FluxTransformer2DModel(**small_config.base.model_dump()).eval()
    branch = ControlBranch(small_config.base.control_branch())
    start_from_base(branch, base)
    img, txt, vector = torch.randn(2, 6, 32), torch.randn(2, 3, 32), torch.randn(2, 32)
    rotary = FluxPosEmbed(theta=10_000, axes_dim=[4, 6, 6])(torch.randint(0, 9, (9, 3)).float())
    with torch.inference_mode():
        ours = branch.double_blocks[1](img, txt, vector, rotary)
        theirs = base.transformer_blocks[1](img, txt, vector, rotary)
    torch.testing.assert_close(ours[0], theirs[1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours[1], theirs[0], rtol=1e-4, atol=1e-5)
