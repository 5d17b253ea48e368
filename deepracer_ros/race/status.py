"""How an episode stands or ended."""

from enum import IntEnum


class Status(IntEnum):
    """State of a car's episode; the lower-case names are DeepRacer's words in its logs."""

    PREPARE = 0
    """The car stands at its start; the first frame of an episode."""
    IN_PROGRESS = 1
    """The car drives."""
    LAP_COMPLETE = 2
    """All laps of the episode were driven."""
    OFF_TRACK = 3
    """No wheel is on the road."""
    CRASHED = 4
    """The car touches an obstacle."""
    IMMOBILIZED = 5
    """The car stood still for too many steps."""
    REVERSED = 6
    """The car's progress fell for too many steps in a row."""
    TIME_UP = 7
    """The laps took longer than the time limit."""


FAILURES = (Status.OFF_TRACK, Status.CRASHED, Status.IMMOBILIZED, Status.REVERSED)
"""What the driver did wrong: the episode terminates, and no reward is to be had afterwards."""

CUTS = (Status.LAP_COMPLETE, Status.TIME_UP)
"""The referee stops a car that could drive on: the episode is truncated.

A finished lap is one of them because a lap ends wherever it began, and no camera shows where that
was: taken as terminal, the same frame would be worth little or much by chance.
"""
