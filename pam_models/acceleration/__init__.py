"""Faster ways to run the generators' transformers, shared by both stages: options, and what carries them out."""
