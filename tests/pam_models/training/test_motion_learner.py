"""What is trained of a motion model: a small one whole, SVD, or the branch on a frozen base."""

from pathlib import Path

import pytest
import torch

from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.motion.configuration import MotionConfig
from pam_models.motion.svd.configuration import SvdConfig
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.training.latents import cache_latents, load_trained_autoencoder
from pam_models.training.layout import RunLayout
from pam_models.training.motion import MotionTask
from pam_models.training.motion_learner import transformer_with_new_branch, whole_svd
from pam_models.training.ordering import Turn
from pam_models.training.recipe import MotionRecipe
from pam_models.zoo.registry import WeightsError

BRANCH = ("transformer_blocks_copy.", "combine_linears.", "initial_combine_linear.")


@pytest.fixture
def base(tiny_motion: MotionConfig) -> dict[str, torch.Tensor]:
    """The tensors of a small CogVideoX, without a branch."""
    torch.manual_seed(0)
    whole = MultiConditionTransformer(tiny_motion.transformer).state_dict()
    return {name: tensor for name, tensor in whole.items() if not name.startswith(BRANCH)}


def test_only_the_branch_is_trained_and_at_first_it_changes_nothing(
    base: dict[str, torch.Tensor], tiny_motion: MotionConfig
) -> None:
    """Catches a base that moves, and a new branch that disturbs it."""
    model = transformer_with_new_branch(base, ("depth", "keypoints"), 1, tiny_motion.transformer.model_dump())
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained == set(model.control_parameters()) and trained
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in base.items())
    assert not model.initial_combine_linear.weight.any() and not model.combine_linears[0].weight.any()
    copied = model.transformer_blocks_copy[0].state_dict()
    assert all(torch.equal(copied[name], value) for name, value in model.transformer_blocks[0].state_dict().items())


def test_a_base_of_another_kind_is_refused() -> None:
    """Catches a traceback from deep within the loading."""
    with pytest.raises(WeightsError, match="no CogVideoX transformer"):
        transformer_with_new_branch({"something": torch.zeros(2)}, ("depth",), 1)


def test_svd_learns_one_batch(layout: RunLayout, trained: VideoAutoencoder) -> None:
    """Catches a baseline that does not take part in training: the loss on one batch and one noise must halve."""
    del trained
    autoencoder, digest = load_trained_autoencoder(layout)
    cache_latents(layout, autoencoder, digest, ("segmentation",), pictures=False)
    recipe = MotionRecipe(
        steps=10, batch=3, learning_rate=0.01, condition_dropout=0.0, first_frame_dropout=0.0, text_dropout=0.0,
        sample_steps=1, window=2, whole_clip_fraction=1.0, conditions=("segmentation",), backbone="svd",
    )  # fmt: skip
    config = SvdConfig(
        conditions=("segmentation",), latent_channels=16, block_out_channels=(32,), num_attention_heads=(2,),
        layers_per_block=1, cross_attention_dim=16, addition_time_embed_dim=8, sample_frames=9, frames_per_latent=4,
    )  # fmt: skip
    torch.manual_seed(0)
    task = MotionTask(recipe, layout, whole_svd(config), autoencoder, layout.latents(digest))
    task.prepare(0)
    batch = task.batch(Turn(0))
    optimizer = torch.optim.Adam(task.modules["model"].parameters(), lr=0.01)
    losses = []
    for _ in range(25):
        loss = task.losses(batch, torch.Generator().manual_seed(3))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_svd_on_parts_of_clips_is_refused(tmp_path: Path) -> None:
    """Catches a run that fails at its first step."""
    with pytest.raises(ValueError, match="whole_clip_fraction"):
        MotionRecipe(steps=1, batch=1, learning_rate=0.1, backbone="svd")
