import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pam_models.zoo import WeightsError
from pam_models.zoo.tensor_source import Expected, read_tensors, size_in_bytes

EXPECTED = Expected("the model's tensors", "example.org/model")
TORCH_TOO = Expected("the model's tensors", "example.org/model", torch_files=True)
TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.bfloat16)}


def shards(folder: Path) -> Path:
    save_file({"a": TENSORS["a"]}, folder / "part-1.safetensors")
    save_file({"b": TENSORS["b"]}, folder / "part-2.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "part-1.safetensors", "b": "part-2.safetensors"}}))
    return index


def same(found: dict[str, Tensor]) -> bool:
    return found.keys() == TENSORS.keys() and all(torch.equal(found[key], value) for key, value in TENSORS.items())


def test_every_form_gives_the_same_tensors(tmp_path: Path) -> None:
    """Catches a form that one stage takes and the other does not."""
    single, sharded, torch_file = (tmp_path / name for name in ("single", "sharded", "torch"))
    for folder in (single, sharded, torch_file):
        folder.mkdir()
    save_file(TENSORS, single / "x.safetensors")
    index = shards(sharded)
    torch.save(TENSORS, torch_file / "x.bin")
    for source in (TENSORS, single, str(single / "x.safetensors"), sharded, index):
        assert same(read_tensors(source, EXPECTED))
    for source in (torch_file, torch_file / "x.bin"):
        assert same(read_tensors(source, TORCH_TOO))


def test_headers_alone_tell_shapes_types_and_bytes(tmp_path: Path) -> None:
    """Catches a check before the run that reads forty gigabytes."""
    save_file(TENSORS, tmp_path / "x.safetensors")
    torch.save(TENSORS, tmp_path / "x.bin")
    for source, expected in (
        (TENSORS, EXPECTED),
        (tmp_path / "x.safetensors", EXPECTED),
        (tmp_path / "x.bin", TORCH_TOO),
    ):
        headers = read_tensors(source, expected, headers_only=True)
        assert all(value.device.type == "meta" for value in headers.values())
        assert {key: (value.shape, value.dtype) for key, value in headers.items()} == {
            key: (value.shape, value.dtype) for key, value in TENSORS.items()
        }
        assert size_in_bytes(headers) == 6 * 4 + 4 * 2


class Malicious:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


def broken_sources(folder: Path) -> dict[str, tuple[Path, str]]:
    for name in ("empty", "pickled", "several", "cut", "gone"):
        (folder / name).mkdir()
    torch.save({"a": Malicious(str(folder / "made"))}, folder / "pickled" / "x.bin")
    save_file(TENSORS, folder / "several" / "x.safetensors")
    save_file(TENSORS, folder / "several" / "y.safetensors")
    whole = (folder / "several" / "x.safetensors").read_bytes()
    (folder / "cut" / "x.safetensors").write_bytes(whole[:-5])
    shards(folder / "gone")
    (folder / "gone" / "part-2.safetensors").unlink()
    return {
        "absent": (folder / "nothing", "is absent: expected the model's tensors (example.org/model)"),
        "empty folder": (folder / "empty", "no weights in"),
        "pickle in a folder": (folder / "pickled", "holds only pickles (x.bin), which are not read"),
        "pickle": (folder / "pickled" / "x.bin", "pickles are not read: expected the model's tensors"),
        "several": (folder / "several", "holds several models"),
        "cut short": (folder / "cut", "fetch it again"),
        "lost shard": (folder / "gone", "part-2.safetensors is absent, though model.safetensors.index.json names it"),
    }


def test_whatever_is_wrong_is_told_in_one_line(tmp_path: Path) -> None:
    """Catches a traceback of a library, code run out of a file, and a message that does not say what to fetch."""
    for source, said in broken_sources(tmp_path).values():
        for headers_only in (False, True):
            with pytest.raises(WeightsError) as caught:
                read_tensors(source, EXPECTED, headers_only)
            assert said in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(WeightsError, match="not a torch file of plain tensors"):
        read_tensors(tmp_path / "pickled", TORCH_TOO)
    assert not (tmp_path / "made").exists()
