import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pam_models.appearance import ControlBranchConfig
from pam_models.appearance.published import load_branch, load_branches
from pam_models.zoo import WeightsError
from tests.pam_models.appearance.conftest import Conformance

AXES = (8, 12, 12)


def both(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    first = {f"controlnet1.{key}": value for key, value in weights.items()}
    return {**first, **{f"controlnet2.{key}": 2 * value for key, value in weights.items()}}


def test_the_torch_file_loads_onto_both_branches(conformance: Conformance, tmp_path: Path) -> None:
    """Catches exchanged branches: the second holds doubled weights."""
    torch.save(both(conformance.weights()), tmp_path / "controlnet.bin")
    first, second = load_branches(tmp_path / "controlnet.bin", AXES)
    assert first.config == ControlBranchConfig(**conformance.config)
    assert torch.equal(2 * first.img_in.weight, second.img_in.weight)
    with torch.inference_mode():
        given = conformance.inputs()
        residuals = first(**{**given, "hint": first.encode_hint(given["hint"])})
    torch.testing.assert_close(residuals[1], conformance.tensors["out.residual.1"], rtol=1e-4, atol=1e-5)


class Malicious:
    """Unpickling this would call os.mkdir."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


def test_code_in_a_torch_file_is_not_run(tmp_path: Path) -> None:
    torch.save({"controlnet1.a": Malicious(str(tmp_path / "made"))}, tmp_path / "controlnet.bin")
    with pytest.raises(WeightsError, match="plain tensors"):
        load_branches(tmp_path / "controlnet.bin")
    assert not (tmp_path / "made").exists()


def test_absent_stray_and_missing_tensors_are_named(conformance: Conformance, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"is absent: expected both control branches in one controlnet\.bin"):
        load_branches(tmp_path / "nothing.bin")
    with pytest.raises(WeightsError, match=r"module.img_in.weight belongs to neither branch"):
        load_branches({"module.img_in.weight": torch.zeros(1)})
    tensors = both(conformance.weights())
    del tensors["controlnet2.controlnet_blocks.1.bias"]
    with pytest.raises(WeightsError, match=r"controlnet2.*1 missing \(controlnet_blocks\.1\.bias\)"):
        load_branches(tensors, AXES)


def test_axes_that_do_not_fill_the_head_are_refused(conformance: Conformance) -> None:
    with pytest.raises(WeightsError, match="axes_dim"):
        load_branch(conformance.weights())


def full_size_state() -> dict[str, Tensor]:
    """The names and shapes of published-weights.md, on the meta device."""
    linears: dict[str, tuple[int, int]] = {
        "img_in": (3072, 64),
        "txt_in": (3072, 4096),
        "vector_in.in_layer": (3072, 768),
        "vector_in.out_layer": (3072, 3072),
        "pos_embed_input": (3072, 64),
    }
    for name in ("time_in", "guidance_in"):
        linears |= {f"{name}.in_layer": (3072, 256), f"{name}.out_layer": (3072, 3072)}
    scales: list[str] = []
    for block in (0, 1):
        linears[f"controlnet_blocks.{block}"] = (3072, 3072)
        for stream in ("img", "txt"):
            prefix = f"double_blocks.{block}.{stream}"
            linears |= {
                f"{prefix}_mod.lin": (18432, 3072),
                f"{prefix}_attn.qkv": (9216, 3072),
                f"{prefix}_attn.proj": (3072, 3072),
                f"{prefix}_mlp.0": (12288, 3072),
                f"{prefix}_mlp.2": (3072, 12288),
            }
            scales += [f"{prefix}_attn.norm.{kind}_norm.scale" for kind in ("query", "key")]
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(scales, (128,))
    for name, shape in linears.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for index in range(0, 16, 2):
        shapes |= {
            f"input_hint_block.{index}.weight": (16, 16 if index else 6, 3, 3),
            f"input_hint_block.{index}.bias": (16,),
        }
    return {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}


def test_the_full_size_branch_fits_by_name_and_shape() -> None:
    state = full_size_state()
    assert len(state) == 86
    branch = load_branch(state)
    assert branch.config == ControlBranchConfig()
    assert sum(value.numel() for value in branch.state_dict().values()) == 743_807_712


def test_both_full_size_branches_load_with_nothing_left_over() -> None:
    state = {f"controlnet{number}.{key}": value for number in (1, 2) for key, value in full_size_state().items()}
    first, second = load_branches(state, headers_only=True)
    assert first.config == second.config == ControlBranchConfig()
    assert sum(value.numel() for branch in (first, second) for value in branch.parameters()) == 2 * 743_807_712
