# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer reward`, which tries a reward function before a training does."""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from deepracer_ros.cli.options import add_config_options, read_run_config

EXAMPLES = """\
examples:
  deepracer reward check my_reward.py
  deepracer reward check my_reward.py --track oval,hairpin --json
  deepracer reward check my_reward.py --set race.type=object_avoidance --set race.obstacles.count=4

Cars are moved by hand over each track in both directions: over a lap, off the track, backwards, standing still,
weaving, and into objects where the race has some. A function that fails is named with its line, and the exit code is
2. `deepracer train` does the same before it starts anything.
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "reward",
        help="try a reward function before a training does",
        description="Tries the reward_function(params) of a Python file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="call it in the situations of a training, and show what it gives")
    check.add_argument("file", metavar="FILE", type=Path, help="Python file with reward_function(params)")
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    add_config_options(check)
    check.set_defaults(run=run_check)


def run_check(args: argparse.Namespace) -> None:
    """Print the range of the rewards, the time of a call, and the findings in the file.

    Raises:
        InputError: if the function fails, or a track or key does not exist.
    """
    from deepracer_ros.race.catalogue import find_tracks
    from deepracer_ros.rewards.review import review
    from deepracer_ros.rewards.sandbox.confinement import MISSING, find_confinement
    from deepracer_ros.rewards.trial import try_file

    config = replace(read_run_config(args), reward=str(args.file))
    trial, printed = try_file(args.file, find_tracks(config.tracks), config.referee, config.race)
    findings = review(args.file)
    confined = find_confinement().holds
    if args.json:
        more = {"printed": printed, "sandbox": confined, "findings": [finding._asdict() for finding in findings]}
        print(json.dumps({**asdict(trial), **more}, indent=2))
        return
    endings, microseconds = ", ".join(trial.endings) or "nothing", 1e6 * trial.seconds
    print(f"{trial.calls} calls on {', '.join(config.tracks)}; episodes ended by {endings}")
    print(f"rewards {trial.least:.6g} to {trial.greatest:.6g}, mean {trial.mean:.6g}; {microseconds:.0f} us a call")
    if not confined:
        print(f"sandbox: {MISSING}")
    for line in printed.splitlines():
        print(f"printed: {line}")
    for finding in findings:
        print(f"{args.file}:{finding.line}: {finding.text}")
