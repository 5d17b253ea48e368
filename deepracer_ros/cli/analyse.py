# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer analyse`, which draws what the logs of trainings say."""

import argparse
from pathlib import Path
from typing import Any

EXAMPLES = """\
examples:
  deepracer train --simtrace --name mine
  deepracer analyse runs/mine                            analysis.html and PNGs in runs/mine/analysis
  deepracer analyse runs/a runs/b --output comparison    two runs side by side
  deepracer analyse path/to/rl-deepracer-sagemaker       a folder of deepracer-for-cloud, or one with its logs

The page needs no network. A run is read from its folder deepracer/, which `deepracer train --simtrace` writes.
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "analyse",
        help="draw reward, progress, lines, actions and lap times of trainings",
        description="Draws the episodes of trainings, of this package or of DeepRacer, as one page and PNGs.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folders, or folders of DeepRacer's")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="folder to write to (default: analysis/ in the first run)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the traces, and write the page.

    Raises:
        InputError: if a run has no traces, or the folder cannot be written.
    """
    from deepracer_ros.errors import InputError
    from deepracer_ros.files import make_folder
    from deepracer_ros.formats.traces import read_traces
    from deepracer_ros.report.analysis import write_analysis
    from deepracer_ros.run.folder import RunFolder

    runs = {}
    for path in args.runs:
        if not path.is_dir():
            raise InputError(f"{path}: not found, expected the folder of a run or of DeepRacer's logs")
        own = RunFolder(path).deepracer
        name = path.resolve().name
        runs[name if name not in runs else str(path)] = read_traces(own if own.is_dir() else path)
    folder = args.output or args.runs[0] / "analysis"
    make_folder(folder)
    for name, episodes in runs.items():
        laps = [episode.seconds for episode in episodes if episode.is_lap]
        best = f", best {min(laps):.2f} s" if laps else ""
        print(f"{name}: {len(episodes)} episodes, {len(laps)} complete laps{best}")
    print(write_analysis(folder, runs)[0])
