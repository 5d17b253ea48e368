"""How the numeric core is compiled, and where the machine code is kept."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _cache_folder() -> str:
    """Return a cache folder for exactly this state of the core's source files.

    Numba's own cache looks at the file of the compiled function only: it would run old machine code after
    an edit to a function that is called from there.
    """
    core = Path(__file__).parent.parent
    files = [*sorted(core.glob("race/*.py")), *sorted(core.glob("simulation/*.py"))]
    states = "".join(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}\n" for file in files)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return str(home / "deepracer_ros" / "numba" / hashlib.sha256(states.encode()).hexdigest()[:16])


if not numba.config.CACHE_DIR:  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = _cache_folder()  # type: ignore[attr-defined]


def is_compiled() -> bool:
    """Whether machine code of this state of the core is kept already."""
    return any(Path(numba.config.CACHE_DIR).glob("**/*.nbi"))  # type: ignore[attr-defined]


def compiled(function: F) -> F:
    """Compile a scalar function with numba, once per machine; its type stays as annotated.

    It is inlined into its caller: a call would count references of every array of a table.
    """
    return cast("F", numba.njit(cache=True, error_model="numpy", forceinline=True)(function))
