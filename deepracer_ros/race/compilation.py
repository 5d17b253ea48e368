# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Compilation of the numeric core with numba, and the folder in which its machine code is cached."""

import hashlib
import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from deepracer_ros.machine import cache_directory

F = TypeVar("F", bound=Callable[..., Any])


def _skip_search_for_blas() -> None:
    """Let numba take for granted that SciPy has BLAS; the package depends on SciPy.

    With its first machine code numba imports scipy.linalg, only to see whether it is there. That takes every process a
    fifth of a second, and the core multiplies no matrices. Another function that does imports it then.
    """
    from numba.np import linalg

    search = getattr(linalg, "ensure_blas", None)
    if search is None:  # another version of numba may search elsewhere
        return
    linalg.ensure_blas = lambda: None
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = search


_skip_search_for_blas()


@cache
def cache_folder() -> Path:
    """Return the folder of the machine code for the current state of the core's source files.

    It is in $NUMBA_CACHE_DIR, or by default in deepracer_ros/numba in the user's cache folder. Numba's own cache
    checks only the file of the compiled function: after an edit to a called function in another file it would run
    outdated machine code.
    """
    core = Path(__file__).parent.parent
    files = [*sorted(core.glob("race/*.py")), *sorted(core.glob("simulation/*.py"))]
    states = "".join(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}\n" for file in files)
    chosen = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    return (Path(chosen) if chosen else cache_directory("numba")) / hashlib.sha256(states.encode()).hexdigest()[:16]


def is_compiled() -> bool:
    """Return whether the machine code for the current source files is already in the cache."""
    return any(cache_folder().glob("**/*.nbi"))


def compiled(function: F) -> F:
    """Compile a scalar function with numba and cache the machine code; the annotated type is kept.

    The function is inlined into its caller: a call would update the reference count of every array of a table.
    """
    return _compiled(function, forceinline=True)


def compiled_parallel(function: F) -> F:
    """Compile a function with numba so that its `prange` loops run on several threads; the machine code is cached.

    The compiled function releases Python's global interpreter lock. Its caller sets numba's number of threads and
    restores it afterwards.
    """
    return _compiled(function, parallel=True, nogil=True)


def _compiled(function: F, **options: Any) -> F:  # noqa: ANN401
    """Compile a function with numba, with `cache_folder` as the folder of its machine code.

    Numba takes the folder from its global configuration, which belongs to the whole program. So the configuration is
    changed only during this call, in which numba reads it.
    """
    config = cast("Any", numba.config)
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return cast("F", numba.njit(cache=True, error_model="numpy", **options)(function))
    finally:
        config.CACHE_DIR = before
