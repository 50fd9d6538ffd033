"""Stage I: sources of hand-object motion, the physics behind one of them, and how good a trajectory is."""
