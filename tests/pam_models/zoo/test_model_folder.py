from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pam_models.zoo import WeightsError
from pam_models.zoo.model_folder import check_parts, read_config


def whole(base: Path) -> Path:
    (base / "vae").mkdir(parents=True)
    (base / "vae" / "config.json").write_text('{"a": 1}')
    save_file({"x": torch.zeros(8)}, base / "vae" / "x.safetensors")
    (base / "tokenizer").mkdir()
    (base / "tokenizer" / "tokenizer.json").write_text("{}")
    return base


def test_a_whole_folder_tells_its_bytes(tmp_path: Path) -> None:
    assert check_parts(whole(tmp_path), ("vae",), ("tokenizer",), "example.org") == 32
    assert read_config(tmp_path / "vae") == {"a": 1}


def test_each_lack_is_named_with_where_to_get_it(tmp_path: Path) -> None:
    """Catches a base model whose missing part is found when its step begins."""
    for number, (lost, said) in enumerate(
        [
            ("vae/config.json", "config.json is absent"),
            ("vae/x.safetensors", "no weights in"),
            ("tokenizer/tokenizer.json", "absent or empty"),
        ]
    ):
        base = whole(tmp_path / str(number))
        (base / lost).unlink()
        with pytest.raises(WeightsError, match=said) as caught:
            check_parts(base, ("vae",), ("tokenizer",), "example.org/base")
        assert "example.org/base" in str(caught.value) and "\n" not in str(caught.value)
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "config.json").write_text("[1")
    with pytest.raises(WeightsError, match="is no model configuration"):
        read_config(tmp_path / "vae")
