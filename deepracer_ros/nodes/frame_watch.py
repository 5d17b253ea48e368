# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Watches the frames of a live camera: how old they arrive, how many are lost, and whether they still come."""

import time
from collections import deque
from statistics import fmean

RECENT = 31
"""Number of intervals between two frames from which the camera's period is estimated."""
SILENT_SECONDS = 1.0
"""Time without a frame after which the camera counts as silent, s."""


class FrameWatch:
    """Counts the frames of one camera by their stamps.

    The period of the camera is the interquartile mean of the last intervals between two stamps, so that neither jitter
    nor lost frames move it. An interval of about k periods means k - 1 lost frames.

    Attributes:
        frames: Number of frames.
        lost: Number of lost frames.
    """

    def __init__(self) -> None:
        """Start without a frame."""
        self.frames = self.lost = 0
        self._last_stamp, self._heard = 0.0, time.monotonic()
        self._intervals: deque[float] = deque(maxlen=RECENT)
        self._oldest = 0.0

    def note(self, stamp: float, now: float) -> None:
        """Note the arrival of a frame.

        Args:
            stamp: Stamp of the frame, s.
            now: Present time on the same clock, s.
        """
        self._heard = time.monotonic()
        self._oldest = max(self._oldest, now - stamp)
        interval, self._last_stamp = stamp - self._last_stamp, stamp
        self.frames += 1
        if self.frames == 1 or interval <= 0.0 or interval > SILENT_SECONDS:
            return  # the first frame, a clock that jumped, or a camera that was off
        self._intervals.append(interval)
        if len(self._intervals) == RECENT:
            middle = sorted(self._intervals)[RECENT // 4 : -(RECENT // 4)]
            self.lost += max(0, round(interval / fmean(middle)) - 1)

    def take_oldest(self) -> float:
        """Return the greatest age at which a frame arrived since the last call, s; 0 if none arrived."""
        oldest, self._oldest = self._oldest, 0.0
        return oldest

    @property
    def silent_seconds(self) -> float:
        """Time since the last frame, or since the start, s."""
        return time.monotonic() - self._heard
