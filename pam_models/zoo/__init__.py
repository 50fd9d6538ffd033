"""Which weights: id, revision, sha256, licence, where from; and the demo's own weights."""

from pam_models.zoo.registry import LoadedWeights, ModelSpec, WeightsError, load, save_demo_weights, spec, weights_path

__all__ = ["LoadedWeights", "ModelSpec", "WeightsError", "load", "save_demo_weights", "spec", "weights_path"]
