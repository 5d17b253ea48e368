"""Gazebo worlds of tracks, with their ground pictures and meshes."""
