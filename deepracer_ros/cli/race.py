# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer race`, which drives models one after the other under one set of rules."""

import argparse
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from deepracer_ros.cli.evaluate import add_continuous_option
from deepracer_ros.cli.options import add_config_options, read_run_config
from deepracer_ros.errors import InputError
from deepracer_ros.files import make_folder
from deepracer_ros.names import to_file_name

EXAMPLES = """\
examples:
  deepracer race runs/mine runs/yours --track hairpin
  deepracer race runs/a runs/b runs/c --track oval,esses --laps 3 --by total --output races/friday
  deepracer race runs/a:best runs/a:12 --track oval --continuous --set referee.recovery.resets=5
  deepracer race runs/a runs/b --track oval --set race.type=object_avoidance --set race.obstacles.count=4

Every model drives the same laps from the same starts, by its own camera size and actions. The ranking is by completed
laps, then by lap time. ranking.json, ranking.csv, ranking.html and a video for each model are written.
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "race",
        help="drive models under one set of rules, and rank them",
        description="Drives models one after the other on the same tracks and ranks them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="+", metavar="MODEL", help="RUN[:best|last|N], or model folders")
    parser.add_argument("--laps", type=int, default=3, help="laps of each model on each track (default: 3)")
    add_continuous_option(parser)
    parser.add_argument(
        "--by", choices=("best", "mean", "total"), default="mean", help="lap time of the ranking (default: mean)"
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="folder to write to (default: races/TIME)")
    add_config_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Drive, print the ranking and write it.

    Raises:
        InputError: if a model or track does not exist, or the folder cannot be written.
    """
    if args.laps < 1:
        raise InputError(f"--laps: found {args.laps}, expected 1 or more")
    rules = read_run_config(args)
    from deepracer_ros.engine.sources import find_source  # with the next ones imports numba
    from deepracer_ros.report.ranking import Entry, ranked, write_ranking
    from deepracer_ros.training.evaluation import config_of, evaluate_model

    models = [find_source(text).read() for text in args.models]
    race = replace(rules.race, laps=args.laps) if args.continuous else rules.race
    names = _unique([to_file_name(model.manifest.run) or "model" for model in models])
    folder = args.output or Path("races") / datetime.now().strftime("%Y%m%d-%H%M%S")
    entries = []
    for name, model in zip(names, models, strict=True):
        config = replace(
            config_of(model), race=race, referee=rules.referee, dynamics=rules.dynamics,
            simulation=rules.simulation, randomisation=rules.randomisation,
        )  # fmt: skip
        make_folder(folder / name)
        starts = 1 if args.continuous else args.laps
        evaluation, _ = evaluate_model(model, config, rules.tracks, starts, folder / name)
        entries.append(Entry(name, model.manifest.version, evaluation))
        print(f"{name}: {evaluation.laps_completed} of {evaluation.laps_attempted} laps", flush=True)
    order = ranked(entries, args.by)
    for rank, entry in enumerate(order, 1):
        seconds = entry.seconds(args.by)
        print(f"{rank}. {entry.model}: {'no lap' if seconds is None else f'{seconds:.2f} s'}")
    files = write_ranking(folder, order, args.by, ", ".join(rules.tracks))
    print(", ".join(str(path) for path in files))


def _unique(names: list[str]) -> list[str]:
    """Return the names, with a number after those that are there already."""
    found: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in found:
            number += 1
            unique = f"{name}-{number}"
        found.append(unique)
    return found
