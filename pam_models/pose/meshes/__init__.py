"""Objects out of a directory of the user's meshes: files, units, convex parts, and how they rest on a table."""
