"""How gradients become updates: AdamW, maybe with Muon, in one or several processes, or DeepSpeed's ZeRO."""

from collections.abc import Mapping

from torch import nn

from pam_models.training.engines.base import Engine
from pam_models.training.engines.plain import PlainEngine
from pam_models.training.recipe import LoopRecipe, ZeroEngine
from pam_models.training.world import World


def engine_of(recipe: LoopRecipe, modules: Mapping[str, nn.Module], world: World) -> Engine:
    """The engine that a recipe asks for. Raises EngineError when DeepSpeed is asked for and not installed."""
    if isinstance(recipe.engine, ZeroEngine):
        # DeepSpeed takes seconds to import and is an extra: only runs that ask for it need it.
        from pam_models.training.engines.zero import ZeroRedundancyEngine

        return ZeroRedundancyEngine(recipe, recipe.engine, modules, world)
    return PlainEngine(recipe, modules, world)


__all__ = ["Engine", "engine_of"]
