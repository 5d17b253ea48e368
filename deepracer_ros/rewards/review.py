# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What DeepRacer would refuse in a reward file, and what does not mean in a simulation what it seems to mean."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ALLOWED = ("math", "random", "numpy", "scipy", "shapely")
"""Modules that DeepRacer's validator lets a reward file import."""
FORBIDDEN = ("open", "exec", "eval", "compile", "input", "__import__")
"""Functions that it does not let a reward file call."""
CLOCKS = ("time", "perf_counter", "monotonic", "time_ns", "perf_counter_ns", "monotonic_ns")
"""Functions of the module `time` that tell the time of the machine."""


class Finding(NamedTuple):
    """Something in a reward file that a user should know.

    Attributes:
        line: Number of the line, from 1.
        text: What it is, in one line.
        misleads: Whether it means something else in the simulation; otherwise DeepRacer refuses it.
    """

    line: int
    text: str
    misleads: bool = False


def review(path: Path) -> list[Finding]:
    """Return the findings in a reward file, in the order of its lines.

    Args:
        path: A file that Python can compile.
    """
    return sorted(finding for node in ast.walk(ast.parse(path.read_bytes())) for finding in _look_at(node))


def _look_at(node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or "."]
        for name in names:
            if name.split(".")[0] not in ALLOWED:
                yield Finding(node.lineno, f"import of {name}: DeepRacer allows {', '.join(ALLOWED)}")
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN:
            yield Finding(node.lineno, f"call of {node.func.id}: DeepRacer forbids it")
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in {f"time.{name}" for name in CLOCKS}:
            yield Finding(
                node.lineno,
                f"call of {ast.unparse(node.func)}: the simulation is faster than this clock; its time is "
                "params['sim_time'], s",
                misleads=True,
            )
