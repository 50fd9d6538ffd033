"""Where trajectories come from; every source implements `pam_models.pose.source.PoseSource`."""
