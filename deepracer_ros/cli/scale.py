# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer scale`, which changes the number of simulation jobs of a run that trains."""

import argparse
from typing import Any

from deepracer_ros.cli.status import PATIENCE, add_run_options, find_run

EXAMPLES = """\
examples:
  deepracer scale runs/latest --jobs 8
  deepracer scale shared --jobs 64 --redis redis://HEAD:6379
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "scale",
        help="change the number of simulation jobs of a run that trains",
        description="Tells the session that trains a run how many simulation jobs it shall have; it follows within "
        "seconds, and shares out the tracks anew.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_run_options(parser)
    parser.add_argument("--jobs", type=int, required=True, metavar="N", help="number of simulation jobs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        InputError: if there is no such run or it does not train, or Redis does not answer.
    """
    from deepracer_ros.errors import InputError
    from deepracer_ros.experience.bulletin import Bulletin, BulletinReader
    from deepracer_ros.training.config import MOST_JOBS

    if not 1 <= args.jobs <= MOST_JOBS:
        raise InputError(f"--jobs: found {args.jobs}, expected 1 to {MOST_JOBS}")
    url, name = find_run(args)
    reader = BulletinReader(url, name, PATIENCE)
    standing = reader.standing()
    if standing.phase != "running":
        raise InputError(f"run {name}: found {standing.phase or 'no training'}, expected a run that trains")
    before = reader.wanted_jobs()
    Bulletin(url, name, PATIENCE).want_jobs(args.jobs)
    print(f"run {name}: {args.jobs} simulation jobs wanted, {before} before")
