# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The control rate: cameras, policies and the referee all run once per control step."""

CONTROL_RATE = 15
"""Camera frames, and therefore actions, per second of simulation."""

CONTROL_PERIOD = 1.0 / CONTROL_RATE
"""Simulation time between two camera frames, s."""
