import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from pam_models.estimators.mano_regressor.loading import HAMER, WILOR, check_files, open_network
from pam_models.zoo.registry import WeightsError

PACKAGE = """
import pyrender
class Renderer(pyrender.Node): pass
"""
CONFIGS = """
import json
class CfgNode(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__
    def defrost(self): pass
    def freeze(self): pass
def node(value):
    return CfgNode({k: node(v) for k, v in value.items()}) if isinstance(value, dict) else value
def get_config(path):
    with open(path) as file:
        return node(json.load(file))
"""
NETWORK = """
from torch import nn
class HAMER(nn.Module):
    def __init__(self, cfg, init_renderer=True):
        super().__init__()
        assert not init_renderer
        self.cfg, self.backbone = cfg, nn.Linear(2, 2)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with HaMeR's modules and names, and its folder of files."""
    code = tmp_path / "code" / "hamer"
    (code / "models").mkdir(parents=True)
    (code / "configs.py").write_text(CONFIGS)
    (code / "__init__.py").write_text(PACKAGE)
    (code / "models" / "__init__.py").write_text("")
    (code / "models" / "hamer.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    data = tmp_path / "data"
    for part in (HAMER.configuration, HAMER.checkpoint, HAMER.mean_parameters):
        (data / part).parent.mkdir(parents=True, exist_ok=True)
        (data / part).write_bytes(b"")
    (data / HAMER.configuration).write_text(
        '{"MODEL": {"BACKBONE": {"TYPE": "vit", "PRETRAINED_WEIGHTS": "x"}}, "MANO": {}}'
    )
    torch.save(
        {
            "state_dict": {
                "backbone.weight": torch.ones(2, 2),
                "backbone.bias": torch.zeros(2),
                "discriminator.w": torch.zeros(1),
            }
        },
        data / HAMER.checkpoint,
    )
    before = dict(sys.modules)
    monkeypatch.setitem(sys.modules, "pyrender", None)
    yield data
    for name in [name for name in sys.modules if name.split(".")[0] == "hamer" and name not in before]:
        del sys.modules[name]


def test_the_users_files_are_named_to_the_network(folder: Path, tmp_path: Path) -> None:
    """Catches paths relative to the working folder, pretrained weights that are looked for, and a needed display."""
    network = open_network(HAMER, folder, tmp_path / "mano")
    expected = {"MODEL_PATH": str(tmp_path / "mano"), "MEAN_PARAMS": str(folder / HAMER.mean_parameters)}
    assert dict(network.cfg.MANO) == expected
    assert network.cfg.MODEL.BBOX_SHAPE == [192, 256] and "PRETRAINED_WEIGHTS" not in network.cfg.MODEL.BACKBONE
    assert torch.equal(network.backbone.weight, torch.ones(2, 2)) and not network.training


def test_weights_that_lack_the_network_are_refused(folder: Path, tmp_path: Path) -> None:
    """Catches a network that answers with random weights."""
    torch.save({"state_dict": {"other": torch.zeros(1)}}, folder / HAMER.checkpoint)
    with pytest.raises(WeightsError, match=r"lacks 2 tensors of hamer, first backbone"):
        open_network(HAMER, folder, tmp_path)


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('ran')",))


def test_a_checkpoint_that_wants_to_run_code_does_not(folder: Path, tmp_path: Path) -> None:
    """Catches torch.load without its weights-only reader."""
    torch.save({"state_dict": {}, "callbacks": Evil()}, folder / HAMER.checkpoint)
    with pytest.raises(WeightsError, match="is not read as weights"):
        open_network(HAMER, folder, tmp_path)


def test_missing_files_and_packages_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"wilor_final\.ckpt|model_config\.yaml is absent; give a checkout"):
        check_files(WILOR, tmp_path)
    for part in (WILOR.configuration, WILOR.checkpoint, WILOR.mean_parameters):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).touch()
    with pytest.raises(WeightsError, match="wilor is not installed"):
        check_files(WILOR, tmp_path)
