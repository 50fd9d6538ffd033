"""Simulated grasping: procedural objects, an articulated hand, grasp proposals and rollouts in MuJoCo."""
