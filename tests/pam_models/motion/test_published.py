import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pam_models.motion import MultiConditionTransformer, TransformerConfig
from pam_models.motion.branch_file import branch_conditions, save_branch
from pam_models.motion.configuration import PAM_CONDITIONS
from pam_models.motion.published import load_transformer
from pam_models.zoo import WeightsError

INDEX_FILE = "diffusion_pytorch_model.safetensors.index.json"
SIZES = {"sample_width": 4, "sample_height": 2, "sample_frames": 9, "max_text_seq_length": 4}


@pytest.fixture(scope="module")
def tiny() -> MultiConditionTransformer:
    torch.manual_seed(0)
    return MultiConditionTransformer(
        TransformerConfig(
            num_control_blocks=2,
            num_attention_heads=2,
            attention_head_dim=16,
            num_layers=3,
            time_embed_dim=32,
            text_embed_dim=8,
            **SIZES,
        )
    )


def write_shards(folder: Path, tensors: dict[str, Tensor], config: dict[str, object]) -> None:
    names = sorted(tensors)
    shards = {"part-1.safetensors": names[::2], "part-2.safetensors": names[1::2]}
    for file, keys in shards.items():
        save_file({key: tensors[key].contiguous() for key in keys}, folder / file)
    weight_map = {key: file for file, keys in shards.items() for key in keys}
    (folder / INDEX_FILE).write_text(json.dumps({"weight_map": weight_map}))
    (folder / "config.json").write_text(json.dumps(config))


def test_shards_load_with_control_blocks_counted_in_the_tensors(
    tiny: MultiConditionTransformer, tmp_path: Path
) -> None:
    """Catches trust in config.json, which may be the base model's or name another class."""
    base_config = {
        **SIZES,
        "num_layers": 42,
        "num_tracking_blocks": 18,
        "_class_name": "CogVideoXTransformer3DModelTracking",
    }
    write_shards(tmp_path, tiny.state_dict(), base_config)
    loaded = load_transformer(tmp_path)
    assert loaded.settings == tiny.settings
    assert all(torch.equal(value, tiny.state_dict()[key]) for key, value in loaded.state_dict().items())


def test_a_missing_shard_is_named(tiny: MultiConditionTransformer, tmp_path: Path) -> None:
    write_shards(tmp_path, tiny.state_dict(), dict(SIZES))
    (tmp_path / "part-2.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"part-2\.safetensors is absent"):
        load_transformer(tmp_path)


def test_a_shard_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    """Catches an index that points elsewhere on the machine."""
    (tmp_path / INDEX_FILE).write_text(json.dumps({"weight_map": {"a": "../other.safetensors"}}))
    with pytest.raises(WeightsError, match=r"only \.safetensors files beside it"):
        load_transformer(tmp_path)


def test_missing_and_unknown_tensors_are_refused(tiny: MultiConditionTransformer) -> None:
    tensors = tiny.state_dict()
    tensors["surplus"] = tensors.pop("norm_final.bias")
    with pytest.raises(WeightsError, match=r"1 missing \(norm_final.bias\); 1 unknown \(surplus\)"):
        load_transformer(tensors, sizes=SIZES)


def test_a_base_model_without_branch_is_recognised(tiny: MultiConditionTransformer) -> None:
    base = {key: value for key, value in tiny.state_dict().items() if "combine" not in key and "_copy" not in key}
    with pytest.raises(WeightsError, match="control branch"):
        load_transformer(base, sizes=SIZES)


def test_unusual_slots_must_be_named(tiny: MultiConditionTransformer) -> None:
    with pytest.raises(WeightsError, match="5 condition slots"):
        load_transformer(tiny.state_dict(), conditions=("depth",), sizes=SIZES)


def full_size_state() -> dict[str, Tensor]:
    """The names and shapes of published-weights.md, on the meta device."""
    shapes: dict[str, tuple[int, ...]] = {
        "patch_embed.proj.weight": (3072, 32, 2, 2),
        "patch_embed.proj.bias": (3072,),
        "patch_embed.text_proj.weight": (3072, 4096),
        "patch_embed.text_proj.bias": (3072,),
        "patch_embed.pos_embedding": (1, 17776, 3072),
        "time_embedding.linear_1.weight": (512, 3072),
        "time_embedding.linear_1.bias": (512,),
        "time_embedding.linear_2.weight": (512, 512),
        "time_embedding.linear_2.bias": (512,),
        "norm_final.weight": (3072,),
        "norm_final.bias": (3072,),
        "norm_out.linear.weight": (6144, 512),
        "norm_out.linear.bias": (6144,),
        "norm_out.norm.weight": (3072,),
        "norm_out.norm.bias": (3072,),
        "proj_out.weight": (64, 3072),
        "proj_out.bias": (64,),
        "initial_combine_linear.weight": (3072, 15360),
        "initial_combine_linear.bias": (3072,),
    }
    block: dict[str, tuple[int, ...]] = {
        "norm1.linear": (18432, 512),
        "norm1.norm": (3072,),
        "attn1.norm_q": (64,),
        "attn1.norm_k": (64,),
        "attn1.to_q": (3072, 3072),
        "attn1.to_k": (3072, 3072),
        "attn1.to_v": (3072, 3072),
        "attn1.to_out.0": (3072, 3072),
        "norm2.linear": (18432, 512),
        "norm2.norm": (3072,),
        "ff.net.0.proj": (12288, 3072),
        "ff.net.2": (3072, 12288),
    }
    blocks = [f"transformer_blocks.{i}" for i in range(42)] + [f"transformer_blocks_copy.{i}" for i in range(12)]
    for prefix in blocks:
        for name, shape in block.items():
            shapes[f"{prefix}.{name}.weight"], shapes[f"{prefix}.{name}.bias"] = shape, shape[:1]
    for index in range(12):
        shapes[f"combine_linears.{index}.weight"], shapes[f"combine_linears.{index}.bias"] = (3072, 3072), (3072,)
    return {key: torch.empty(shape, dtype=torch.bfloat16, device="meta") for key, shape in shapes.items()}


def test_the_full_size_checkpoint_fits_by_name_and_shape() -> None:
    state = full_size_state()
    assert len(state) == 1339
    loaded = load_transformer(state)
    assert loaded.settings.conditions == PAM_CONDITIONS
    assert (loaded.settings.num_layers, loaded.settings.num_control_blocks) == (42, 12)
    assert sum(value.numel() for value in loaded.state_dict().values()) == 7_371_931_200


@pytest.mark.parametrize("folder", ["dexycb_all_cond", "oakink2_all_cond"])
def test_both_published_folders_fit_by_their_headers_alone(
    folder: str, tmp_path: Path, tiny: MultiConditionTransformer
) -> None:
    """Catches a check that needs the data, and one that depends on the folder's name."""
    (tmp_path / folder).mkdir()
    write_shards(tmp_path / folder, tiny.state_dict(), dict(SIZES))
    loaded = load_transformer(tmp_path / folder, headers_only=True)
    assert all(value.device.type == "meta" for value in loaded.state_dict().values())
    assert load_transformer(str(tmp_path / folder / INDEX_FILE)).settings == tiny.settings


def test_a_branch_of_ones_own_is_joined_with_its_base(tmp_path: Path) -> None:
    """Catches slots that are lost beside a branch, and a base that is needed twice."""
    torch.manual_seed(1)
    settings = TransformerConfig(
        conditions=("depth", "mesh"),
        num_control_blocks=1,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=2,
        time_embed_dim=32,
        text_embed_dim=8,
        **SIZES,
    )
    whole = MultiConditionTransformer(settings)
    branch = tmp_path / "branch.safetensors"
    save_branch(whole, branch)
    base = {key: value for key, value in whole.state_dict().items() if key not in whole.control_parameters()}
    loaded = load_transformer(branch, branch_conditions(branch), SIZES, base=base)
    assert loaded.settings == settings
    assert all(torch.equal(value, whole.state_dict()[key]) for key, value in loaded.state_dict().items())


def test_other_variants_are_read_from_their_tensors() -> None:
    """Catches sizes that are assumed: an offset embedding, no attention bias, frames in patches, coordinates."""
    common = {"num_attention_heads": 2, "attention_head_dim": 16, "num_layers": 2, "num_control_blocks": 1}
    common |= {"time_embed_dim": 32, "text_embed_dim": 8, **SIZES}
    rope = {"use_learned_positional_embeddings": False}
    for changed in (
        {"ofs_embed_dim": 32, "attention_bias": False, **rope},
        {"patch_size_t": 2, "sample_frames": 13, **rope},
        {"conditions": ("depth", "keypoints"), "coordinate_conditions": ("keypoints",)},
    ):
        settings = TransformerConfig(**{**common, **changed})
        sizes = {name: getattr(settings, name) for name in SIZES}
        loaded = load_transformer(MultiConditionTransformer(settings).state_dict(), settings.conditions, sizes)
        assert loaded.settings == settings


def test_wrong_shapes_are_told_in_one_line_with_where_to_get_the_right_ones(tiny: MultiConditionTransformer) -> None:
    tensors = {**tiny.state_dict(), "norm_final.bias": torch.zeros(3)}
    with pytest.raises(WeightsError, match=r"wrong shape \(norm_final.bias \(3,\) instead of \(32,\)\)") as caught:
        load_transformer(tensors, sizes=SIZES)
    assert "\n" not in str(caught.value) and "huggingface.co/GasaiYU/PAM" in str(caught.value)
