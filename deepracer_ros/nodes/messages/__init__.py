"""Conversion between arrays and ROS messages."""
