"""Faster ways to run the generators' transformers, shared by both stages."""

from pam_models.acceleration.running import RunOptions, attention_kernel, check_options, speed_up

__all__ = ["RunOptions", "attention_kernel", "check_options", "speed_up"]
