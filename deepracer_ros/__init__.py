"""A self-hosted DeepRacer: train, watch, race and deploy camera-driven policies on ROS 2."""
