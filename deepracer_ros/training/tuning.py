# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Settings of numpy, the C library and the interpreter for a process that runs or trains networks."""

import ctypes
import sys

from threadpoolctl import threadpool_limits

SWITCH_SECONDS = 0.5e-3
"""Switch interval of the interpreter, s."""
KEEP_BYTES = 1 << 30
"""Free memory at the top of the heap that glibc keeps, bytes."""
HEAP_BYTES = 1 << 25
"""Size up to which glibc allocates on the heap instead of by mmap, bytes."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def tune_process() -> None:
    """Set up a process for fast work with small arrays and short waits for the interpreter lock.

    * Matrix products of numpy use one thread, since several threads would wait for each other at the end of every one.
    * Freed memory is kept for the next tensor. Otherwise glibc would return arrays of a few megabytes to the kernel,
      which clears every page of the next array. Without glibc (musl, macOS) nothing is changed.
    * The switch interval of the interpreter is 0.5 ms instead of 5 ms, because loading or publishing a model takes the
      interpreter lock dozens of times while another thread computes.
    """
    threadpool_limits(limits=1, user_api="blas")
    sys.setswitchinterval(SWITCH_SECONDS)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, KEEP_BYTES)
        mallopt(_MMAP_THRESHOLD, HEAP_BYTES)
