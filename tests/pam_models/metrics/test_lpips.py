"""LPIPS. Each test says which defect it would catch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pam_models.metrics.lpips import CONVOLUTIONS, STAND_IN, Lpips, LpipsAlex

RNG = np.random.default_rng(0)
ONE = RNG.integers(0, 255, (2, 64, 72, 3)).astype(np.uint8)
OTHER = RNG.integers(0, 255, (2, 64, 72, 3)).astype(np.uint8)


def alexnet(seed: int) -> torch.nn.Sequential:
    """torchvision's AlexNet features, by their public layout."""
    torch.manual_seed(seed)
    layers: list[torch.nn.Module] = []
    for place, (inputs, outputs, size, stride, padding) in CONVOLUTIONS.items():
        layers += [torch.nn.Conv2d(inputs, outputs, size, stride, padding), torch.nn.ReLU(inplace=True)]
        if place in (0, 3, 10):
            layers.append(torch.nn.MaxPool2d(3, 2))
    return torch.nn.Sequential(*layers)


def test_it_is_torchmetrics_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a wrong scaling, layer or normalisation: torchmetrics' LPIPS with its own linear layers, to 1e-5."""
    import torchmetrics.functional.image.lpips as theirs

    network = alexnet(1)
    monkeypatch.setattr(theirs, "_get_tv_model_features", lambda net, pretrained=False: network)
    reference = theirs._LPIPS(pretrained=True, net="alex", pnet_rand=True, use_dropout=True).eval()
    tensors = {f"features.{name}": tensor for name, tensor in network.state_dict().items()}
    own = reference.state_dict()
    tensors |= {f"lin{n}.model.1.weight": own[f"lin{n}.model.1.weight"] for n in range(5)}
    save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, tmp_path / "alex.safetensors")
    ours = Lpips(tmp_path / "alex.safetensors")
    pair = [torch.from_numpy(x).permute(0, 3, 1, 2).float() / 127.5 - 1 for x in (ONE, OTHER)]
    with torch.inference_mode():
        expected = reference(*pair).reshape(-1).numpy()
    assert ours.distances(ONE, OTHER) == pytest.approx(expected, rel=1e-4)
    assert ours.extractor_id.startswith("alex-") and expected.min() > 1e-6


def test_identity_symmetry_and_permutation() -> None:
    """Catches a distance to oneself; frames in another order give distances in that order."""
    model = Lpips()
    assert model.extractor_id == STAND_IN
    assert model.distances(ONE, ONE).max() == 0
    forth = model.distances(ONE, OTHER)
    assert model.distances(OTHER, ONE) == pytest.approx(forth, rel=1e-5)
    assert model.distances(ONE[::-1].copy(), OTHER[::-1].copy()) == pytest.approx(forth[::-1], rel=1e-5)


def test_the_stand_in_ranks_weak_and_strong_noise() -> None:
    """Catches a stand-in that says nothing, or that another process draws differently."""
    base = np.clip(np.full((1, 64, 72, 3), 128) + np.linspace(-60, 60, 72)[None, None, :, None], 0, 255)
    noisy = [np.clip(base + RNG.normal(0, s, base.shape), 0, 255).astype(np.uint8) for s in (0, 4, 20)]
    weak, strong = (float(Lpips().distances(noisy[n], noisy[0])[0]) for n in (1, 2))
    assert 0 < weak < strong
    assert float(Lpips().distances(noisy[2], noisy[0])[0]) == strong


def test_what_does_not_fit_is_one_clear_line(tmp_path: Path) -> None:
    """Catches a traceback, and a network whose missing layers are random."""
    with pytest.raises(ValueError, match="at least 64 pixels"):
        Lpips().distances(ONE[:, :32], OTHER[:, :32])
    with pytest.raises(ValueError, match="two equal shapes"):
        Lpips().distances(ONE[:1], OTHER)
    (tmp_path / "bad.safetensors").write_bytes(b"none")
    with pytest.raises(ValueError, match="no readable safetensors"):
        Lpips(tmp_path / "bad.safetensors")
    features = {f"features.{n}": t for n, t in alexnet(0).state_dict().items()}
    save_file(features, tmp_path / "half.safetensors")
    with pytest.raises(ValueError, match=r"holds no lin0.model.1.weight"):
        Lpips(tmp_path / "half.safetensors")
    linear = {f"lin{n}.model.1.weight": torch.ones(1, c[1], 1, 1) for n, c in enumerate(CONVOLUTIONS.values())}
    save_file(linear, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="does not hold AlexNet"):
        Lpips(tmp_path / "other.safetensors")


def test_a_case_worked_by_hand() -> None:
    """Catches a mean over layers in place of their sum: with all activations equal to one constant there is no
    distance, and doubling a linear layer's weights doubles its share."""
    model = LpipsAlex().eval()
    pair = [torch.from_numpy(x[:1]).permute(0, 3, 1, 2).float() / 127.5 - 1 for x in (ONE, OTHER)]
    with torch.no_grad():
        whole = float(model(*pair))
        for parameter in model.linear:
            parameter.mul_(2)
        assert float(model(*pair)) == pytest.approx(2 * whole, rel=1e-5)
