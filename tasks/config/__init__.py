"""The configuration of a build: its fields, how layers of it are merged, and which of it affects the output."""

from tasks.config.load import DEFAULT_PROFILE, load_config, parse_assignments, profile_names, validate
from tasks.config.model import GenerateConfig
from tasks.config.output import build_id_of, output_subset

__all__ = [
    "DEFAULT_PROFILE",
    "GenerateConfig",
    "build_id_of",
    "load_config",
    "output_subset",
    "parse_assignments",
    "profile_names",
    "validate",
]
