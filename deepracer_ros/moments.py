# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Named points in the code at which a test can kill the process; without such a test they do nothing.

`DEEPRACER_DIE_AT=write.half:2` kills the process with SIGKILL when it reaches the point `write.half` for the second
time. A test thus chooses the point exactly, and a failure can be repeated.
"""

import os
import signal
from collections import Counter

VARIABLE = "DEEPRACER_DIE_AT"
"""Environment variable with the name of a point and, after a colon, how often it must be reached (default 1)."""

MOMENTS = (
    "write.half",
    "write.whole",
    "folder.aside",
    "checkpoint.uploaded",
    "checkpoint.written",
    "batch.acknowledged",
    "model.published",
    "append.sent",
)
"""Names of all points: half of a file is written under its temporary name; the file is written but not yet renamed; an
old folder is renamed and the new one not yet in its place; a checkpoint is in S3 but not yet named; a checkpoint is in
place; its batch is removed from Redis; a
model is published; segments are appended to Redis but not yet reported."""

_passed: Counter[str] = Counter()


def moment(name: str) -> None:
    """Kill the process with SIGKILL if the environment variable `DEEPRACER_DIE_AT` names this point.

    Args:
        name: Name of the point, one of `MOMENTS`.
    """
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    where, _, count = wanted.partition(":")
    if where == name:
        _passed[name] += 1
        if _passed[name] == int(count or 1):
            os.kill(os.getpid(), signal.SIGKILL)
