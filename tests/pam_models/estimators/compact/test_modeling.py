"""The network's outputs mean what they say."""

import torch

from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.estimators.compact.modeling import CompactNetwork

TINY = CompactConfig(
    input_size=32, widths=(8, 8, 8, 8), blocks=(0, 0, 0, 0), heatmap_channels=8, joint_features=4, hidden=16
)


def test_the_wrist_is_the_origin_and_pixels_lie_in_the_crop() -> None:
    """Catches joints that are not relative to the wrist, and a soft-argmax in cells instead of pixels."""
    output = CompactNetwork(TINY).eval()(torch.randn(3, 3, 32, 32))
    assert torch.equal(output.joints_m[:, 0], torch.zeros(3, 3))
    assert output.joints_px.shape == (3, 21, 2)
    assert output.joints_px.min() >= -0.5
    assert output.joints_px.max() <= 31.5


def test_a_peaked_heatmap_reads_out_its_cells_centre() -> None:
    """Catches x and y exchanged, and the half-pixel shift of a 4-pixel cell."""
    network = CompactNetwork(TINY).eval()
    heat = torch.full((1, 21, 8, 8), -50.0)
    heat[:, :, 2, 5] = 50.0
    network.heatmaps = _Constant(heat)
    pixel = network(torch.zeros(1, 3, 32, 32)).joints_px[0, 0]
    assert torch.allclose(pixel, torch.tensor([5 * 4 + 1.5, 2 * 4 + 1.5]), atol=1e-3)


def test_the_shipped_size_stays_small() -> None:
    """Catches a model that no longer fits its share of the 40 MB."""
    parameters = sum(parameter.numel() for parameter in CompactNetwork(CompactConfig()).parameters())
    assert 1_000_000 < parameters < 4_200_000


class _Constant(torch.nn.Module):
    def __init__(self, value: torch.Tensor) -> None:
        super().__init__()
        self.value = value

    def forward(self, _: torch.Tensor) -> torch.Tensor:
        return self.value
