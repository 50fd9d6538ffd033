"""The paper's Stage III at full size, from files that the user brings."""

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from torch import nn

from pam_models.acceleration.options import SpeedOptions
from pam_models.acceleration.running import check_options, speed_up
from pam_models.appearance.paper_text import PaperText, load_t5, require_transformers
from pam_models.autoencoder import VideoAutoencoder
from pam_models.autoencoder.configuration import SPATIAL_FACTOR
from pam_models.autoencoder.large import fit_to_device
from pam_models.motion.branch_file import branch_conditions
from pam_models.motion.parts import TransformerParts
from pam_models.motion.pipeline import MotionPipeline
from pam_models.motion.published import load_transformer
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.zoo.model_folder import check_parts
from pam_models.zoo.registry import WeightsError, spec
from pam_models.zoo.room import check_room
from pam_models.zoo.tensor_source import size_in_bytes

NEGATIVE_PROMPT = (
    "The video is not of a high quality, it has a low resolution. Watermark present in each frame. "
    "The background is solid. Strange body and strange trajectory. Distortion."
)
"""The official negative prompt (pam-system.md section 1)."""

TEXT_LENGTH = 226


@dataclass(frozen=True)
class PaperMotion(TransformerParts):
    """The full-size transformer and T5."""

    transformer: MultiConditionTransformer
    text: PaperText


def check_paper_files(base: Path, weights: Path, device: torch.device | str = "cpu") -> None:
    """Look at everything `load_paper_pipeline` would read, by headers alone, and at the memory that it would take.

    Raises WeightsError or MissingExtraError in one line: what is absent, misfits or is a pickle, what was expected and
    where to get it.
    """
    where_from = spec("cogvideox-5b-i2v").where_from
    needed = check_parts(base, ("vae", "text_encoder"), ("tokenizer",), where_from)
    transformer = _transformer(base, weights, headers_only=True)
    _settings_of_a_clip(transformer, weights)
    require_transformers()
    tensors = {key: value.to(torch.bfloat16) for key, value in transformer.state_dict().items()}
    check_room(needed + size_in_bytes(tensors), f"CogVideoX with {weights.name}", device)


def load_paper_pipeline(
    base: Path, weights: Path, device: torch.device | str = "cuda", speed: SpeedOptions | None = None
) -> MotionPipeline:
    """Load CogVideoX-5b-I2V from `base` (diffusers' layout: vae, text_encoder, tokenizer) with `weights` in bf16.

    `weights` is a folder such as ``dexycb_all_cond`` that holds the whole transformer, or a branch trained here
    (`branch_file`), whose base is then read from ``base/transformer``. The parts are tested at small size only; the
    full-size assembly has not been run here. Sample it with ``guidance=6, steps=50, schedule="pam"`` for the official
    behaviour. Raises WeightsError for absent files, MissingExtraError without `transformers` and ValueError for `speed`
    that the device cannot do.
    """
    if not (base / "vae").is_dir():
        raise WeightsError(f"{base / 'vae'} is absent: {spec('cogvideox-5b-i2v').where_from} was expected at {base}")
    options = speed or SpeedOptions()
    check_options(options, device)
    text = PaperText(load_t5(base / "text_encoder", base / "tokenizer", TEXT_LENGTH, device))
    transformer = _transformer(base, weights)
    nn.Module.to(transformer, device, torch.bfloat16)
    speed_up(transformer, options, device)
    vae: AutoencoderKLCogVideoX = AutoencoderKLCogVideoX.from_pretrained(
        base / "vae", torch_dtype=torch.bfloat16, use_safetensors=True
    )
    nn.Module.to(vae, device)
    settings = transformer.settings
    fit_to_device(vae, settings.sample_height * SPATIAL_FACTOR, settings.sample_width * SPATIAL_FACTOR, device)
    autoencoder = VideoAutoencoder.around(vae).eval().requires_grad_(False).to(device)
    return MotionPipeline(PaperMotion(transformer, text), autoencoder, NEGATIVE_PROMPT, options)


def _transformer(base: Path, weights: Path, headers_only: bool = False) -> MultiConditionTransformer:
    own = branch_conditions(weights)
    if own is None:
        return load_transformer(weights, headers_only=headers_only)
    return load_transformer(weights, own, base=base / "transformer", headers_only=headers_only)


def _settings_of_a_clip(transformer: MultiConditionTransformer, weights: Path) -> None:
    settings = transformer.settings
    if settings.in_channels != 2 * settings.out_channels:
        raise WeightsError(
            f"{weights} reads {settings.in_channels} channels and makes {settings.out_channels}: "
            "an image-to-video model reads twice what it makes"
        )
