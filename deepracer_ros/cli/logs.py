# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer logs`, which shows what the parts of a run, or the user's reward function, have printed."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.run.folder import RunFolder

EXAMPLES = """\
examples:
  deepracer logs reward              what the reward function of the latest run has printed, its last 40 lines
  deepracer logs reward --follow     and what it prints from now on, until Ctrl-C
  deepracer logs simtrace --lines 100000 > robomaker.log    SIM_TRACE_LOG lines of a run with --simtrace
  deepracer logs trainer --run runs/20261127-174214-oval --lines 200

Of all cars only the first one's reward function prints. A long log is continued in a new file; one old file is kept.
"""
LOOK_SECONDS = 0.2
"""Time between two looks for more output, s."""
SIMTRACE = "simtrace"
"""Name of the log that is made of the traces of `deepracer train --simtrace`."""
CHUNK = 1 << 16
"""Bytes that are read at once."""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "logs",
        help="show what a part of a run has printed",
        description="Shows the end of a log of a run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", metavar="PART", help="reward, trainer, simtrace, or job_0 for the first simulation job")
    parser.add_argument(
        "--run", dest="folder", type=Path, default=Path("runs/latest"), metavar="FOLDER",
        help="folder of the run (default: runs/latest)",
    )  # fmt: skip
    parser.add_argument("--lines", type=int, default=40, help="number of lines (default: 40)")
    parser.add_argument("--follow", action="store_true", help="go on with what is printed from now on")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print the end of the log, and with `--follow` what comes after it.

    Raises:
        InputError: if there is no such run or log.
    """
    folder = RunFolder(args.folder)
    if args.part == SIMTRACE:
        _print_trace(folder, args.lines)
        return
    path = folder.log(args.part)
    if not path.is_file():
        found = ", ".join(sorted(log.stem for log in folder.logs.glob("*.log"))) or "none"
        raise InputError(f"{path}: not found; logs of this run: {found}")
    with path.open("rb") as log:
        size = log.seek(0, 2)
        log.seek(max(0, size - 200 * args.lines))
        lines = log.read().decode(errors="replace").splitlines(keepends=True)
    sys.stdout.write("".join(lines[-args.lines :] if args.lines > 0 else []))
    sys.stdout.flush()
    if args.follow:
        _follow(path, size)


def _print_trace(folder: RunFolder, lines: int) -> None:
    from deepracer_ros.formats.traces import sim_trace_log

    for line in sim_trace_log(folder.deepracer, lines):
        print(line)


def _follow(path: Path, at: int) -> None:
    """Print what is appended to a log, until Ctrl-C; a log that became shorter was begun anew."""
    while True:
        with path.open("rb") as log:
            at = at if log.seek(0, 2) >= at else 0
            log.seek(at)
            while chunk := log.read(CHUNK):
                at += len(chunk)
                sys.stdout.write(chunk.decode(errors="replace"))
        sys.stdout.flush()
        time.sleep(LOOK_SECONDS)
