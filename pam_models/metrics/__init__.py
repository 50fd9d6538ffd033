"""How good a generated clip and its labels are: joint errors and picture fidelity."""
