"""The downstream experiment: a hand-pose network trained on real pictures, with and without synthetic ones."""
