# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer sweep`, which trains once for each point of a grid or each random draw."""

import argparse
from pathlib import Path
from typing import Any

EXAMPLES = """\
example of a file, epochs.yaml:
  grid: {learning.epochs: [2, 3, 4], seed: [0, 1, 2]}
  random: {learning.learning_rate: {log: [1e-4, 3e-3]}}
  samples: 5
  base: [--track, oval, --set, trainer.max_seconds=60]

examples:
  deepracer sweep epochs.yaml                    resumes where it was stopped
  deepracer sweep epochs.yaml --at-once 4        on a machine with eight cores or more
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "sweep",
        help="train with each of many values of the configuration; a table and a plot",
        description="Trains once for each combination of values. Runs that are done are left out, so the same command "
        "resumes a sweep.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="sweep file, YAML")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="trainings at a time (default: 1)")
    parser.add_argument(
        "--runs", default=Path("runs"), type=Path, metavar="FOLDER", help="folder of all runs (default: runs)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code: 1 if a training failed.

    Raises:
        InputError: if the file cannot be read, or the results cannot be written.
    """
    import csv
    import io

    from deepracer_ros.engine.sweep import Trainings, read_sweep, table
    from deepracer_ros.errors import InputError
    from deepracer_ros.files import write_atomically, write_json
    from deepracer_ros.report.sweep_plot import write_sweep_plot

    if args.at_once < 1:
        raise InputError(f"--at-once: found {args.at_once}, expected 1 or more")
    sweep = read_sweep(args.file)
    trainings = Trainings(sweep, args.runs, args.at_once)
    print(f"{len(trainings.points)} trainings", flush=True)
    for point in trainings.run():
        print(_line(table([point], trainings)[0]), flush=True)
    rows = table(trainings.points, trainings)
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    files = [args.runs / f"{sweep.name}.{ending}" for ending in ("csv", "json", "png")]
    write_atomically(files[0], text.getvalue().encode())
    write_json(files[1], {"sweep": sweep.name, "runs": rows})
    write_sweep_plot(files[2], [*sweep.random, *sweep.grid], rows)
    print(", ".join(map(str, files)))
    return 1 if trainings.failed else 0


def _line(row: dict[str, Any]) -> str:
    """Return the line of a training in the terminal."""
    if row["error"]:
        return f"{row['run']}: {row['error']}"
    laps = f"{row['laps_completed']} of {row['laps_attempted']} laps"
    lap = "" if row["mean_lap_seconds"] is None else f", {row['mean_lap_seconds']:.2f} s a lap"
    reached = row["seconds_to_all_laps"]
    after = "" if reached is None else f", every lap complete after {reached:.1f} s"
    return f"{row['run']}: {laps}{lap}{after}"
