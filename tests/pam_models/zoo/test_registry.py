import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pam_models.zoo import WeightsError, load, save_demo_weights, spec, weights_path
from pam_models.zoo.registry import read_safetensors, safetensors_bytes

TENSORS = {"matrix": torch.linspace(-1, 1, 6).reshape(2, 3), "bias": torch.tensor([0.1, 0.2]), "count": torch.tensor(7)}


def test_saved_weights_load_with_their_metadata_and_storage_types(tmp_path: Path) -> None:
    written = save_demo_weights("demo-motion", TENSORS, {"steps": "10"}, tmp_path)
    loaded = load("demo-motion", tmp_path)
    assert loaded.spec == written
    assert loaded.metadata == {"steps": "10"}
    assert {key: value.dtype for key, value in loaded.tensors.items()} == {
        "matrix": torch.bfloat16,
        "bias": torch.float32,
        "count": torch.int64,
    }
    torch.testing.assert_close(loaded.tensors["matrix"].float(), TENSORS["matrix"], rtol=4e-3, atol=0)


def test_altered_weights_are_refused_with_both_hashes(tmp_path: Path) -> None:
    """Catches a half-written or exchanged file that would load without complaint."""
    entry = save_demo_weights("demo-motion", TENSORS, {}, tmp_path)
    path = weights_path("demo-motion", tmp_path)
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(WeightsError, match=f"the registry says {entry.sha256}"):
        load("demo-motion", tmp_path)


def test_entries_of_other_models_survive_a_save(tmp_path: Path) -> None:
    save_demo_weights("demo-motion", TENSORS, {}, tmp_path)
    save_demo_weights("demo-autoencoder", TENSORS, {}, tmp_path)
    listed = json.loads((tmp_path / "registry.json").read_text())["models"]
    assert [entry["id"] for entry in listed] == ["demo-autoencoder", "demo-motion"]


def test_the_same_weights_give_the_same_bytes_in_another_process() -> None:
    """Catches the safetensors library's metadata order, which changes from process to process."""
    metadata = {key: key for key in "abcdef"}
    tensors = {"x": torch.ones(2, 2), "a": torch.zeros(3)}
    code = (
        "import hashlib, torch; from pam_models.zoo.registry import safetensors_bytes;"
        "t = {'a': torch.zeros(3), 'x': torch.ones(2, 2)};"
        f"print(hashlib.sha256(safetensors_bytes(t, {metadata!r})).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert hashlib.sha256(safetensors_bytes(tensors, metadata)).hexdigest() == other


def test_absent_and_unknown_models_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="pam train --profile demo"):
        load("demo-motion", tmp_path)
    with pytest.raises(WeightsError, match=r"known are .*pam-appearance"):
        spec("nothing", tmp_path)
    with pytest.raises(WeightsError, match="GasaiYU/PAM"):
        weights_path("pam-appearance", tmp_path)
    with pytest.raises(ValueError, match="demo-estimator"):
        save_demo_weights("my-model", TENSORS, {}, tmp_path)


def test_a_pickle_is_refused_as_no_safetensors(tmp_path: Path) -> None:
    torch.save(TENSORS, tmp_path / "weights.safetensors")
    with pytest.raises(WeightsError, match="pickled weights are not read"):
        read_safetensors(tmp_path / "weights.safetensors")
