"""Networks that turn clips and pictures into features: the user's weights, or stand-ins that ship none."""
