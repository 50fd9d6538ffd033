"""``pam train``: the project's own models, made by the code that made the shipped weights."""

from collections.abc import Sequence

from pam_models.training.run import DATA, MODELS
from pam_models.training.run import main as train_one

# The generators learn on latents of the trained autoencoder.
IN_ORDER = (*DATA, "autoencoder", "estimator", "latents", "appearance", "motion")
assert set(IN_ORDER) == {*DATA, *MODELS, "latents"}


def train(recipe: str, model: str | None, options: Sequence[str]) -> int:
    """Make or train one thing, or everything in order, with the trainer's own `options`. Returns the exit code."""
    for name in IN_ORDER if model is None else (model,):
        code = train_one(["--model", name, "--recipe", recipe, *options])
        if code != 0:
            return code
    return 0
