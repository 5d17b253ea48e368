# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer evaluate`, which drives laps with a model and writes a report."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

EXAMPLES = """\
examples:
  deepracer evaluate --model runs/latest --laps 10
  deepracer evaluate --model runs/latest --track oval
  deepracer evaluate --model path/to/model --track route.npy --output report
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "evaluate",
        help="drive laps with a model; write report, plot and video",
        description="Drives laps with the greedy actions of a model, with evenly spread starts on each track.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model", type=Path, default=Path("runs/latest"), help="run folder or model folder (default: runs/latest)"
    )
    parser.add_argument(
        "--track", metavar="NAME[,NAME]", help="tracks or route files (default: the tracks of the training)"
    )
    parser.add_argument("--laps", type=int, default=10, help="laps on each track (default: 10)")
    parser.add_argument(
        "--simulator", choices=("embedded", "gazebo"), default="embedded", help="simulator (default: embedded)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="folder of the report (default: next to the model)"
    )
    parser.add_argument(
        "--simtrace", action="store_true", help="write trace and metrics as DeepRacer does, into the folder deepracer/"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        InputError: if the model, a track or the simulator does not exist, or the report cannot be written.
    """
    from deepracer_ros.errors import InputError
    from deepracer_ros.files import make_folder
    from deepracer_ros.models.folder import model_home, read_model_path
    from deepracer_ros.names import MODEL_FOLDER, to_file_name
    from deepracer_ros.race.catalogue import find_tracks
    from deepracer_ros.training.evaluation import config_of, evaluate_model  # imports torch and numba

    if args.laps < 1:
        raise InputError(f"--laps: found {args.laps}, expected 1 or more")
    model = read_model_path(args.model)
    config = config_of(model)
    tracks = [name for name in args.track.split(",") if name] if args.track else list(config.tracks)
    config = replace(config, simulation=replace(config.simulation, simulator=args.simulator))
    labels = to_file_name("-".join(track.name for track in find_tracks(tracks)))
    folder = args.output or model_home(args.model) / f"evaluation-{args.simulator}-{labels}"
    make_folder(folder)
    home = model_home(args.model)
    trace = (args.output or (home.parent if home.name == MODEL_FOLDER else home)) / "deepracer"
    evaluation, files = evaluate_model(model, config, tracks, args.laps, folder, trace if args.simtrace else None)
    for attempt in evaluation.attempts:
        seconds = "" if attempt.lap_seconds is None else f"  {attempt.lap_seconds:.2f} s"
        ended = attempt.status.name.lower()
        print(f"{attempt.track}  from {attempt.start:6.2f} m  {ended:<13} {attempt.progress:5.1f} %{seconds}")
    print(", ".join(str(file) for file in files))
    mean = "" if evaluation.mean_lap_seconds is None else f", mean {evaluation.mean_lap_seconds:.2f} s"
    print(f"{evaluation.laps_completed} of {evaluation.laps_attempted} laps completed{mean}")
    return 0
