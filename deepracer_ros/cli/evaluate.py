# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer evaluate`, which drives laps with a model and writes a report."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepracer_ros.parameters import merge

if TYPE_CHECKING:
    from deepracer_ros.simulation.attempts import Attempt

EXAMPLES = """\
examples:
  deepracer evaluate --model runs/latest --laps 10
  deepracer evaluate --model runs/latest:last --track oval
  deepracer evaluate --model path/to/model --track route.npy --output report
  deepracer evaluate --model runs/latest --continuous --laps 3 --resets 5 --off-track-penalty 3
  deepracer evaluate --model runs/latest --from eval_params.yaml --simtrace
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
        "--model", default="runs/latest", metavar="RUN[:best|last|N]",
        help="run folder, name of a run, model folder, or generalist, which comes with the package (default: "
        "runs/latest)",
    )  # fmt: skip
    parser.add_argument(
        "--track", metavar="NAME[,NAME]", help="tracks or route files (default: the tracks of the training)"
    )
    parser.add_argument("--laps", type=int, help="laps on each track (default: 10)")
    add_continuous_option(parser)
    parser.add_argument(
        "--resets", type=int, metavar="N", help="put a car that fails back on the road, up to N times in an episode "
        "(default: 0, the first failure ends it)",
    )  # fmt: skip
    parser.add_argument(
        "--off-track-penalty", type=float, metavar="SECONDS", help="time added when a car leaves the track (default: 2)"
    )
    parser.add_argument(
        "--collision-penalty", type=float, metavar="SECONDS", help="time added when a car crashes (default: 5)"
    )
    parser.add_argument(
        "--mercy", type=int, metavar="N", help="put a car ahead of an object after N crashes with it (default: never)"
    )
    parser.add_argument(
        "--direction", choices=("forward", "reverse"), help="driving direction (default: that of the training)"
    )
    parser.add_argument(
        "--from", dest="owner", type=Path, metavar="PATH",
        help="eval_params.yaml or run.env of DeepRacer, or a folder with one; options go before it",
    )  # fmt: skip
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


def add_continuous_option(parser: argparse.ArgumentParser) -> None:
    """Add `--continuous`, which `deepracer race` has, too."""
    parser.add_argument(
        "--continuous", action="store_true", default=None,
        help="drive the laps one after the other, without a new start (default: each lap from a start of its own)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        InputError: if the model, a track or the simulator does not exist, or the report cannot be written.
    """
    from deepracer_ros.engine.sources import find_source
    from deepracer_ros.errors import InputError
    from deepracer_ros.files import make_folder
    from deepracer_ros.formats.eval_params import EvaluationParams, read_evaluation_params
    from deepracer_ros.models.folder import model_home
    from deepracer_ros.names import MODEL_FOLDER, name_of_tracks
    from deepracer_ros.race.catalogue import find_tracks
    from deepracer_ros.training.config import RunConfig
    from deepracer_ros.training.evaluation import config_of, evaluate_model  # imports numba

    params = EvaluationParams() if args.owner is None else read_evaluation_params(args.owner)
    laps = args.laps if args.laps is not None else params.trials or 10
    if laps < 1:
        raise InputError(f"--laps: found {laps}, expected 1 or more")
    source = find_source(args.model)
    if source.config is not None:
        source = replace(source, which=source.which or params.checkpoint)
    model = source.read()
    continuous = args.continuous or bool(params.continuous)
    changes = merge(params.values, _changes(args, laps if continuous else None))
    if source.is_shipped:  # it was trained on many generated tracks
        changes.setdefault("tracks", list(RunConfig().tracks))
    config = config_of(model, changes)
    labels = name_of_tracks([track.name for track in find_tracks(config.tracks)])
    home = Path("evaluations") / source.path.name if source.is_shipped else model_home(source.path)
    folder = args.output or home / f"evaluation-{args.simulator}-{labels}"
    make_folder(folder)
    trace = (args.output or (home.parent if home.name == MODEL_FOLDER else home)) / "deepracer"
    evaluation, files = evaluate_model(
        model, config, config.tracks, 1 if continuous else laps, folder, trace if args.simtrace else None
    )
    for attempt in evaluation.attempts:
        print(_line(attempt))
    print(", ".join(str(file) for file in files))
    mean = "" if evaluation.mean_lap_seconds is None else f", mean {evaluation.mean_lap_seconds:.2f} s"
    optimal = evaluation.optimal_lap_seconds
    ideal = "" if optimal is None else f", time-optimal lap {optimal:.2f} s"
    print(f"{evaluation.laps_completed} of {evaluation.laps_attempted} laps completed{mean}{ideal}")
    return 0


def _changes(args: argparse.Namespace, laps: int | None) -> dict[str, Any]:
    """Return what the options change in the configuration of the model's run, as nested values.

    Args:
        args: The parsed options.
        laps: Number of laps that follow one another; None: each lap has a start of its own.
    """
    recovery = {
        name: value
        for name in ("resets", "off_track_penalty", "collision_penalty", "mercy")
        if (value := getattr(args, name)) is not None
    }
    start = {"direction": args.direction} if args.direction else {}
    changes: dict[str, Any] = {
        "simulation": {"simulator": args.simulator},
        "race": {"laps": laps} if laps else {},
        "referee": {"recovery": recovery, "start": start},
    }
    if args.track:
        changes["tracks"] = [name for name in args.track.split(",") if name]
    return changes


def _line(attempt: "Attempt") -> str:
    """Return the line of an attempt in the terminal."""
    times = "".join(f"  {seconds:.2f} s" for seconds in attempt.lap_times)
    resets = f"  {len(attempt.failures)} resets" if attempt.failures else ""
    ended = attempt.status.name.lower()
    return f"{attempt.track}  from {attempt.start:6.2f} m  {ended:<13} {attempt.progress:5.1f} %{times}{resets}"
