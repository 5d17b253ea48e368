# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""States of an episode, and which of them end it."""

from enum import IntEnum

import numpy as np


class Status(IntEnum):
    """State of a car's episode; in lower case, the names are the terms of DeepRacer's logs."""

    PREPARE = 0
    """The car stands at its start: the first frame of an episode."""
    IN_PROGRESS = 1
    """The car drives."""
    LAP_COMPLETE = 2
    """All laps of the episode were driven."""
    OFF_TRACK = 3
    """No wheel is on the road."""
    CRASHED = 4
    """The car touches an object on the road or another car."""
    IMMOBILIZED = 5
    """The car stood still for too many steps in a row."""
    REVERSED = 6
    """The car's progress fell for too many steps in a row."""
    TIME_UP = 7
    """The laps took longer than the time limit of the episode."""
    PAUSE = 8
    """The car was put back on the road after a failure: the first frame from which it drives on."""


FAILURES = (Status.OFF_TRACK, Status.CRASHED, Status.IMMOBILIZED, Status.REVERSED)
"""Failures of the driver: the episode terminates and no later reward counts, unless the car is put back on the road."""

CUTS = (Status.LAP_COMPLETE, Status.TIME_UP)
"""Endings that are no failure: the episode is truncated.

A finished lap belongs here, because a lap may start anywhere and no camera image shows its end. If it terminated the
episode, equal images would have different values.
"""

TERMINATES = np.isin(np.array(Status), FAILURES)
"""Whether each status, as an index, is one of `FAILURES`: a lookup is ten times as fast as `np.isin`."""

TRUNCATES = np.isin(np.array(Status), CUTS)
"""Whether each status, as an index, is one of `CUTS`."""
