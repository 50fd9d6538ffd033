"""Evaluation of a published build: clips in one at a time, measurements as parts, results as tables."""
