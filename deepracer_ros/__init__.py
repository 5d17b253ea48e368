"""A self-hosted DeepRacer: train, watch, race and deploy camera-driven policies on ROS 2."""

__version__ = "0.1.0"
