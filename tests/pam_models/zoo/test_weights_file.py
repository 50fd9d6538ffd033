from pathlib import Path

import pytest
import torch
from pydantic import BaseModel
from torch import nn

from pam_models.zoo import WeightsError, save_demo_weights
from pam_models.zoo.weights_file import load_exactly, read_model, write_model


class Size(BaseModel):
    width: int


class OtherSize(BaseModel):
    height: int


def test_configuration_and_tensors_come_back(tmp_path: Path) -> None:
    model = nn.Linear(2, 3)
    write_model(tmp_path / "folder" / "weights.safetensors", model, Size(width=3))
    config, tensors = read_model(tmp_path / "folder", "demo-motion", Size)
    assert config == Size(width=3)
    other = nn.Linear(2, 3)
    load_exactly(other, tensors, "the file")
    assert torch.equal(other.weight, model.weight)


def test_every_misfit_is_named() -> None:
    """Catches weights that load in part."""
    tensors = {"weight": torch.zeros(5, 2), "extra": torch.zeros(1)}
    with pytest.raises(WeightsError, match=r"missing \(bias\).*unknown \(extra\).*weight \(5, 2\) instead of \(3, 2\)"):
        load_exactly(nn.Linear(2, 3), tensors, "the file")


def test_a_file_of_another_model_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "weights.safetensors", nn.Linear(2, 3), OtherSize(height=1))
    with pytest.raises(WeightsError, match="not a Size"):
        read_model(path, "demo-motion", Size)


def test_a_file_without_configuration_is_refused(tmp_path: Path) -> None:
    save_demo_weights("demo-motion", {"a": torch.zeros(1)}, {}, tmp_path)
    with pytest.raises(WeightsError, match="no configuration"):
        read_model(tmp_path / "demo-motion.safetensors", "demo-motion", Size)
