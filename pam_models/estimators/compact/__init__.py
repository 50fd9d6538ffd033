"""A small estimator of one hand in a known box: heatmaps for the picture, a head on them for the joints in space."""
