"""TorchScript files of the user's. Each test says which defect it would catch."""

from pathlib import Path

import pytest
import torch

from pam_models.metrics.torchscript_file import load_torchscript


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_file_is_a_network_named_by_its_bytes(tmp_path: Path) -> None:
    """Catches a name that depends on where the file lies."""
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "a.pt"))
    (tmp_path / "b.pt").write_bytes((tmp_path / "a.pt").read_bytes())
    model, name = load_torchscript(tmp_path / "a.pt")
    assert model(torch.zeros(1, 2)).shape == (1, 2)
    assert load_torchscript(tmp_path / "b.pt")[1] == name and name.startswith("torchscript-")


def test_what_is_no_network_is_one_clear_line(tmp_path: Path) -> None:
    """Catches a traceback from inside torch."""
    (tmp_path / "bad.pt").write_bytes(b"none")
    for path in (tmp_path / "bad.pt", tmp_path / "missing.pt"):
        with pytest.raises(ValueError, match="is no readable TorchScript file") as caught:
            load_torchscript(path)
        assert "\n" not in str(caught.value)
