"""How the numeric core is compiled, and where the machine code is kept."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


@cache
def cache_folder() -> Path:
    """Return the folder of the machine code of exactly this state of the core's source files.

    It lies in $NUMBA_CACHE_DIR, or else in deepracer_ros/numba in the user's cache folder. Numba's own cache looks at
    the file of the compiled function only: it would run old machine code after an edit to a function that is called
    from there.
    """
    core = Path(__file__).parent.parent
    files = [*sorted(core.glob("race/*.py")), *sorted(core.glob("simulation/*.py"))]
    states = "".join(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}\n" for file in files)
    chosen = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deepracer_ros" / "numba"
    return (Path(chosen) if chosen else home) / hashlib.sha256(states.encode()).hexdigest()[:16]


def is_compiled() -> bool:
    """Whether machine code of this state of the core is kept already."""
    return any(cache_folder().glob("**/*.nbi"))


def compiled(function: F) -> F:
    """Compile a scalar function with numba, once per machine; its type stays as annotated.

    It is inlined into its caller: a call would count references of every array of a table.
    """
    return _compiled(function, forceinline=True)


def compiled_parallel(function: F) -> F:
    """Compile a function with numba, once per machine, so that its `prange` loops run on several threads.

    It lets other Python threads run. Who calls it sets numba's number of threads, and puts it back.
    """
    return _compiled(function, parallel=True, nogil=True)


def _compiled(function: F, **options: Any) -> F:  # noqa: ANN401
    """Compile with the machine code kept in `cache_folder`, which numba takes from its global configuration.

    That belongs to the whole program: it is changed for the time of this call only, in which numba reads it.
    """
    config = cast("Any", numba.config)
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return cast("F", numba.njit(cache=True, error_model="numpy", **options)(function))
    finally:
        config.CACHE_DIR = before
