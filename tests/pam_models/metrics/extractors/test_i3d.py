"""I3D under the public port's names. Each test says which defect it would catch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pam_models.metrics.extractors.i3d import I3dFeatures, InceptionI3d, pooled, same_padding


def test_names_and_shapes_are_the_ports() -> None:
    """Catches a renamed tensor: the network has 12.7 million parameters with 400 classes, and these tensors."""
    state = InceptionI3d().state_dict()
    shapes = {
        "Conv3d_1a_7x7.conv3d.weight": (64, 3, 7, 7, 7),
        "Conv3d_2c_3x3.bn.running_var": (192,),
        "Mixed_3b.b1b.conv3d.weight": (128, 96, 3, 3, 3),
        "Mixed_4f.b3b.conv3d.weight": (128, 528, 1, 1, 1),
        "Mixed_5c.b2a.conv3d.weight": (48, 832, 1, 1, 1),
        "logits.conv3d.weight": (400, 1024, 1, 1, 1),
        "logits.conv3d.bias": (400,),
    }
    assert {name: tuple(state[name].shape) for name in shapes} == shapes
    assert len([name for name in state if name.endswith("conv3d.weight")]) == 3 + 9 * 6 + 1
    assert sum(p.numel() for p in InceptionI3d().parameters()) == 12_697_264


def test_padding_is_tensorflows() -> None:
    """Catches symmetric padding, which shifts a strided window: 7 wide, stride 2 over 224 pads 2 before and 3 after."""
    x = torch.ones(1, 1, 4, 224, 5)
    assert same_padding(x, (1, 7, 3), (1, 2, 2)).shape == (1, 1, 4, 229, 7)
    ramp = torch.arange(4.0).reshape(1, 1, 1, 1, 4)
    assert same_padding(ramp, (1, 1, 3), (1, 1, 2)).flatten().tolist() == [0, 1, 2, 3, 0]
    assert pooled(ramp, (1, 1, 3), (1, 1, 2)).flatten().tolist() == [2, 3]


def test_a_clip_gives_400_features_and_a_file_that_lacks_one_is_refused(tmp_path: Path) -> None:
    """Catches a network that does not fit together, and a missing tensor left random."""
    torch.manual_seed(0)
    state = {name: tensor.contiguous() for name, tensor in InceptionI3d().state_dict().items()}
    without_counters = {name: tensor for name, tensor in state.items() if not name.endswith("tracked")}
    save_file(without_counters, tmp_path / "i3d.safetensors")
    extractor = I3dFeatures(tmp_path / "i3d.safetensors")
    clip = np.random.default_rng(0).integers(0, 255, (9, 16, 24, 3)).astype(np.uint8)
    found = extractor.features(clip)
    assert found.shape == (1, 400) and np.isfinite(found).all() and extractor.extractor_id.startswith("i3d-")
    with pytest.raises(ValueError, match="at least 9 frames"):
        extractor.features(clip[:8])
    del without_counters["Mixed_4c.b0.conv3d.weight"]
    save_file(without_counters, tmp_path / "less.safetensors")
    with pytest.raises(ValueError, match=r"does not hold I3D.*Mixed_4c\.b0\.conv3d\.weight"):
        I3dFeatures(tmp_path / "less.safetensors")
