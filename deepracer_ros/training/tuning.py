"""What a process that infers or learns asks of the C library and of the interpreter."""

import ctypes
import sys

SWITCH_SECONDS = 0.5e-3
KEEP_BYTES = 1 << 30
HEAP_BYTES = 1 << 25
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def tune_process(seed: int | None = None) -> None:
    """Make small tensors cheap and a thread that waits for the interpreter soon served.

    * One torch thread: two of them meet at the end of every single operation, and spin for it.
    * Freed memory is kept for the next tensor. glibc would hand arrays of a few megabytes back to the kernel
      again and again, which then clears every page of the next one. Elsewhere (musl, macOS) nothing is changed.
    * A thread that wants the interpreter waits 0.5 ms instead of 5: loading or publishing a model takes it dozens of
      times, beside a thread that computes.

    Args:
        seed: Of torch's random numbers, as those of a new network; None leaves them as they are.
    """
    import torch  # takes a second, and who imports this module need not call it

    torch.set_num_threads(1)
    if seed is not None:
        torch.manual_seed(seed)
    sys.setswitchinterval(SWITCH_SECONDS)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, KEEP_BYTES)
        mallopt(_MMAP_THRESHOLD, HEAP_BYTES)
