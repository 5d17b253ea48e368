"""Gazebo worlds of tracks, and the pictures and meshes that they show."""
