"""The configuration that DeepSpeed gets; that it runs with two ranks is shown in test_world."""

import importlib.util

import pytest
import torch
from torch import nn

from pam_models.training.engines import engine_of, zero
from pam_models.training.engines.base import EngineError
from pam_models.training.engines.zero import zero_configuration
from pam_models.training.recipe import LoopRecipe, ZeroEngine, load_recipe
from pam_models.training.world import World

RECIPE = LoopRecipe(steps=5, batch=1, learning_rate=0.1, engine=ZeroEngine())


def test_the_paper_recipe_is_the_published_schedule() -> None:
    """Catches a schedule that is not the published one (pam-system.md section 3): batch 4 x 8, lr 1e-4, 8,000 steps."""
    motion = load_recipe("paper").loop("motion")
    assert (motion.steps, motion.batch, motion.batches_per_step) == (8000, 4, 8)
    found = zero_configuration(motion, ZeroEngine(), 8, gpu=True)
    assert found["train_micro_batch_size_per_gpu"] == 4 and found["gradient_accumulation_steps"] == 1
    assert zero_configuration(motion, ZeroEngine(), 2, gpu=True)["gradient_accumulation_steps"] == 4
    assert found["bf16"]["enabled"] and found["gradient_clipping"] == 1.0
    assert found["zero_optimization"]["stage"] == 2
    assert found["zero_optimization"]["offload_optimizer"] == {"device": "cpu", "pin_memory": True}
    adamw = found["optimizer"]["params"]
    assert (adamw["lr"], adamw["betas"], adamw["weight_decay"], adamw["eps"]) == (1e-4, [0.9, 0.95], 1e-3, 1e-8)
    assert not adamw["torch_adam"] and found["zero_force_ds_cpu_optimizer"]
    assert motion.gradient_checkpointing and motion.engine == ZeroEngine()


def test_without_a_gpu_nothing_has_to_be_compiled() -> None:
    """Catches a start on a CPU that compiles DeepSpeed's Adam for minutes, or fails to."""
    found = zero_configuration(RECIPE, ZeroEngine(offload_optimizer=False), 1, gpu=False)
    assert found["optimizer"]["params"]["torch_adam"] and not found["zero_force_ds_cpu_optimizer"]
    assert "offload_optimizer" not in found["zero_optimization"]


def test_absent_deepspeed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches an import error where one line is enough."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match="pip install"):
        engine_of(RECIPE, {"model": nn.Linear(2, 2)}, World())


def test_a_share_of_another_number_of_ranks_is_refused() -> None:
    """Catches optimizer states that land on other weights."""
    engine = object.__new__(zero.ZeroRedundancyEngine)
    engine._world = World(0, 2, torch.device("cpu"))
    with pytest.raises(ValueError, match="written by 4 ranks"):
        engine.load({"world_size": 4})
