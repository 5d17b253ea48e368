"""Tracks, the car's geometry, and the referee that judges episodes."""
