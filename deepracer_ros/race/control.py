"""The control rate: everything that is done once per camera frame."""

CONTROL_RATE = 15
"""Camera frames, and so actions, per second of simulation."""

CONTROL_PERIOD = 1.0 / CONTROL_RATE
"""Seconds of simulation between two camera frames."""
