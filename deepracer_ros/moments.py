"""Named moments at which a test lets a process die: nothing happens there otherwise.

`DEEPRACER_DIE_AT=checkpoint.half:2` kills the process (SIGKILL) when it comes to the moment `checkpoint.half` for the
second time. So a test chooses the moment exactly, and a failure can be repeated.
"""

import os
import signal
from collections import Counter

VARIABLE = "DEEPRACER_DIE_AT"

MOMENTS = (
    "write.half",
    "write.whole",
    "folder.aside",
    "checkpoint.written",
    "batch.acknowledged",
    "model.published",
    "append.sent",
)
"""All of them: half of a file written under its temporary name; the file written but not yet renamed; an old folder
moved aside and the new one not yet in its place; a checkpoint in place; its batch removed from Redis; a model
published; segments appended to Redis but not yet reported."""

_passed: Counter[str] = Counter()


def moment(name: str) -> None:
    """Die here if the environment says so."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    where, _, count = wanted.partition(":")
    if where == name:
        _passed[name] += 1
        if _passed[name] == int(count or 1):
            os.kill(os.getpid(), signal.SIGKILL)
