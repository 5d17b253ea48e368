# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer config`, which lists every key of the configuration with its documentation."""

import argparse
import difflib
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepracer_ros.errors import InputError
from deepracer_ros.reference import yaml_of

if TYPE_CHECKING:
    from deepracer_ros.reference import Group, Key

REFERENCE = Path("docs") / "configuration.md"

EXAMPLES = """\
examples:
  deepracer config                     every key
  deepracer config learning            all keys that begin with `learning`
  deepracer config race.obstacles      the keys of one section
  deepracer train --set race.laps=2    change a key for one training

A file for `deepracer train --config` holds the same keys, nested, below `/**: ros__parameters:`.
"""

HEAD = """\
# Configuration

Every key of the configuration. `deepracer config [PREFIX]` prints the same list.

A configuration file is a ROS 2 parameter file: the keys are nested below `/**: ros__parameters:`, and a key that is
not given has its default. [config/training.yaml](../config/training.yaml) is an example. The same file works with
`deepracer train --config FILE` and with `ros2 run deepracer_ros simulation_node --ros-args --params-file FILE`. On the
command line a key is set by `--set learning.epochs=6`. An unknown key, a value of another type and a value out of its
range are errors that name the key.

This file is generated: `deepracer config --markdown`.
"""

NODES = (
    "The place of a node in a run. `deepracer train` and the launch files give these parameters to each node. They are "
    "not keys of a configuration file, because they do not belong to the configuration of a run."
)


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "config",
        help="list every configuration key with its meaning, default and range",
        description="Lists the keys of the configuration with default, meaning, type or choices, range and unit.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help="list only keys that begin with PREFIX")
    parser.add_argument(
        "--markdown",
        nargs="?",
        const=REFERENCE,
        type=Path,
        metavar="FILE",
        help=f"write the reference in Markdown (default: {REFERENCE})",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the keys, or write the reference.

    Raises:
        InputError: if no key begins with the prefix, or the file cannot be written.
    """
    from deepracer_ros.files import write_atomically

    if args.markdown is not None:
        write_atomically(args.markdown, markdown().encode())
        print(args.markdown)
        return 0
    print("\n".join(_lines(args.prefix)))
    return 0


def groups() -> "Iterator[Group]":
    """Yield the groups of all keys of a run, of every learner's hyperparameters, and of the nodes' own parameters."""
    from deepracer_ros.learning.config import LEARNERS
    from deepracer_ros.reference import groups_of
    from deepracer_ros.training.config import Place, RunConfig

    for group in groups_of(RunConfig):
        if group.name != "learning":
            yield replace(group, text=group.text or "The run as a whole.")
            continue
        for learner, entry in LEARNERS.items():
            meaning = " ".join((entry.config.__doc__ or "").partition("\n\n")[0].split())
            text = f"{meaning} These keys belong to `learner: {learner}`."
            yield from groups_of(entry.config, "learning.", text)
    (place,) = groups_of(Place)
    yield replace(place, name="Parameters of the nodes", text=NODES)


def markdown() -> str:
    """Return the reference of all keys in Markdown, the content of `docs/configuration.md`."""
    parts = [HEAD]
    for group in groups():
        if group.keys:
            rows = [(f"`{key.name}`", f"`{yaml_of(key.default)}`", _values(key), _meaning(key)) for key in group.keys]
            parts += [f"## {group.name or 'Top level'}\n", f"{group.text}\n", _table(rows)]
    return "\n".join(parts)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    lines = [("key", "default", "values", "meaning"), ("---",) * 4, *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _lines(prefix: str) -> Iterator[str]:
    """Yield the lines that list the keys with a prefix."""
    found = [(group, [key for key in group.keys if key.name.startswith(prefix)]) for group in groups()]
    if not any(keys for _, keys in found):
        names = sorted({name for group, _ in found for name in (group.name, *(key.name for key in group.keys)) if name})
        near = difflib.get_close_matches(prefix, names, n=1)
        hint = f"perhaps {near[0]!r}; " if near else ""
        raise InputError(f"{prefix}: found no key with this prefix; {hint}`deepracer config` lists all keys")
    for group, keys in found:
        if keys:
            yield from textwrap.wrap(f"# {group.name or 'Top level'}: {group.text}", 100, subsequent_indent="# ")
            for key in keys:
                yield f"{key.name} = {yaml_of(key.default)}"
                text = f"{_meaning(key)} ({_values(key)})"
                yield from textwrap.wrap(text, 96, initial_indent="    ", subsequent_indent="    ")
            yield ""


def _meaning(key: "Key") -> str:
    return f"{key.text} It may hold a password, which only files for their owner show." if key.secret else key.text


def _values(key: "Key") -> str:
    """Return the type or choices of a key, and its range with the unit."""
    of = f", in {key.unit}" if key.unit and not key.limits else ""
    return f"{key.type}{of}" + (f", {key.limits}" if key.limits else "")
