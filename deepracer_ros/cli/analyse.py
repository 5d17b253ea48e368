# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer analyse`, which draws what the logs of trainings say."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepracer_ros.formats.traces import TracedEpisode

EXAMPLES = """\
examples:
  deepracer train --simtrace --name mine
  deepracer analyse runs/mine                            analysis.html and PNGs in runs/mine/analysis
  deepracer analyse runs/a runs/b --output comparison    two runs side by side
  deepracer analyse path/to/rl-deepracer-sagemaker       a folder of deepracer-for-cloud, or one with its logs
  deepracer analyse runs/mine --reward new_reward.py     also what another reward would have given

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
    parser.add_argument(
        "--reward", metavar="FILE", help="reward function whose rewards of the logged steps are drawn, too"
    )
    parser.add_argument(
        "--track", metavar="NAME[,NAME]", help="tracks of the logs, for --reward (default: those of the runs)"
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
    from deepracer_ros.report.analysis import agreement, write_analysis
    from deepracer_ros.run.folder import RunFolder

    runs = {}
    for path in args.runs:
        if not path.is_dir():
            raise InputError(f"{path}: not found, expected the folder of a run or of DeepRacer's logs")
        own = RunFolder(path).deepracer
        name = path.resolve().name
        runs[name if name not in runs else str(path)] = read_traces(own if own.is_dir() else path)
    if args.track and not args.reward:
        raise InputError(f"--track {args.track}: has an effect with --reward only")
    if args.reward:
        runs = {name: _with_other_rewards(args, episodes) for name, episodes in runs.items()}
    folder = args.output or args.runs[0] / "analysis"
    make_folder(folder)
    for name, episodes in runs.items():
        laps = [episode.seconds for episode in episodes if episode.is_lap]
        best = f", best {min(laps):.2f} s" if laps else ""
        print(f"{name}: {len(episodes)} episodes, {len(laps)} complete laps{best}")
        if args.reward:
            print(f"{name}: {agreement(episodes)}")
    print(write_analysis(folder, runs)[0])


def _with_other_rewards(args: argparse.Namespace, episodes: "Sequence[TracedEpisode]") -> "list[TracedEpisode]":
    """Return the episodes with their rewards by the function of `--reward`."""
    from deepracer_ros.errors import InputError
    from deepracer_ros.parameters import read_parameters
    from deepracer_ros.race.catalogue import find_tracks
    from deepracer_ros.rewards.output import Collected
    from deepracer_ros.rewards.reward import find_reward
    from deepracer_ros.run.folder import RunFolder
    from deepracer_ros.training.rescoring import rescore

    names = args.track.split(",") if args.track else []
    for config in (RunFolder(path).config for path in args.runs):
        if not args.track and config.is_file():
            names += read_parameters(config)["tracks"]
    if not names:
        raise InputError("--reward: found no run folder that names its tracks, expected --track NAME")
    tracks = find_tracks(list(dict.fromkeys(names)))
    rewards = rescore(episodes, tracks, lambda: find_reward(args.reward, Collected(0)))
    return [replace(episode, other_reward=float(one.sum())) for episode, one in zip(episodes, rewards, strict=True)]
