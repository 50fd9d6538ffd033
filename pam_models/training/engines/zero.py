"""DeepSpeed's ZeRO: optimizer states and gradients divided among the ranks, in the host's memory if wished.

Its own checkpoints are pickles that run code when they are read, so none are used: each rank keeps its share of the
float32 weights and of AdamW's moments as plain tensors in this project's checkpoints.
"""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pam_models.training.engines.base import EngineError
from pam_models.training.recipe import LoopRecipe, ZeroEngine
from pam_models.training.world import World

_BUCKET_ELEMENTS = 200_000_000


def zero_configuration(recipe: LoopRecipe, engine: ZeroEngine, world_size: int, *, gpu: bool) -> dict[str, Any]:
    """DeepSpeed's configuration for a recipe: ZeRO stage, offload, bf16, accumulation, clipping, AdamW.

    Where there is no GPU the optimizer is torch's AdamW, for DeepSpeed's own one is compiled for host memory behind a
    GPU.
    """
    adamw = {
        "lr": recipe.learning_rate,
        "betas": list(recipe.betas),
        "eps": recipe.epsilon,
        "weight_decay": recipe.weight_decay,
        "adam_w_mode": True,
        "torch_adam": not gpu,
    }
    zero: dict[str, Any] = {
        "stage": engine.stage,
        "contiguous_gradients": True,
        "overlap_comm": gpu,
        "reduce_scatter": True,
        "reduce_bucket_size": _BUCKET_ELEMENTS,
        "allgather_bucket_size": _BUCKET_ELEMENTS,
    }
    if engine.offload_optimizer:
        zero["offload_optimizer"] = {"device": "cpu", "pin_memory": gpu}
    return {
        "train_micro_batch_size_per_gpu": recipe.batch,
        "gradient_accumulation_steps": recipe.batches_per_step // world_size,
        "gradient_clipping": recipe.clip_norm,
        "bf16": {"enabled": recipe.precision == "bf16"},
        "optimizer": {"type": "AdamW", "params": adamw},
        "zero_optimization": zero,
        "zero_force_ds_cpu_optimizer": gpu,
        "zero_allow_untested_optimizer": True,
        "wall_clock_breakdown": False,
    }


class ZeroRedundancyEngine:
    """The modules' trainable parameters under DeepSpeed; frozen ones keep their place and type."""

    sharded = True

    def __init__(self, recipe: LoopRecipe, engine: ZeroEngine, modules: Mapping[str, nn.Module], world: World) -> None:
        gpu = world.device.type == "cuda"
        deepspeed = _imported(gpu)
        _describe_single_process(world)
        deepspeed.init_distributed("nccl" if gpu else "gloo")
        self._world = world
        held = nn.ModuleDict(dict(modules))
        trained = [parameter for parameter in held.parameters() if parameter.requires_grad]
        settings = zero_configuration(recipe, engine, world.size, gpu=gpu)
        self._engine, self._optimizer, _, _ = deepspeed.initialize(
            model=held, model_parameters=trained, config=settings
        )

    def backward(self, loss: Tensor, *, last: bool) -> None:
        """Add the gradients of a batch; DeepSpeed divides by the number of batches itself."""
        self._engine.backward(loss)
        if not last:
            self._engine.step()

    def update(self, learning_rate: float) -> None:
        """Let DeepSpeed reduce, clip and move."""
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._engine.step()

    def state(self) -> dict[str, Any]:
        """This rank's share: float32 weights and AdamW's moments."""
        return {
            "world_size": self._world.size,
            "weights": [share.detach().clone() for share in self._optimizer.single_partition_of_fp32_groups],
            "adamw": self._optimizer.optimizer.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave. Raises ValueError when it was written by another number of ranks."""
        if state["world_size"] != self._world.size:
            raise ValueError(
                f"it was written by {state['world_size']} ranks and its optimizer states are divided among as many; "
                f"start as many, not {self._world.size}"
            )
        for share, kept in zip(self._optimizer.single_partition_of_fp32_groups, state["weights"], strict=True):
            share.data.copy_(kept)
        self._optimizer.optimizer.load_state_dict(state["adamw"])


def _imported(gpu: bool) -> Any:  # noqa: ANN401  (an untyped library)
    if importlib.util.find_spec("deepspeed") is None:
        raise EngineError("the recipe asks for engine deepspeed, which is not installed: pip install -e '.[train]'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import deepspeed
    if not gpu:
        # Without this the first start compiles a shared-memory extension for minutes; gloo serves as well.
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    return deepspeed


def _describe_single_process(world: World) -> None:
    """DeepSpeed wants a process group even for one process; `torchrun` describes one, a plain start does not."""
    if world.size == 1 and not torch.distributed.is_initialized():
        alone = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
        for name, value in alone.items():
            os.environ.setdefault(name, value)
