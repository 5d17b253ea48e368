"""A run: its folder, progress, checkpoints, sinks and summary."""
