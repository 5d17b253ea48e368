# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer train`, which trains a policy and evaluates it."""

import argparse
import time
from pathlib import Path
from typing import Any

from deepracer_ros.cli.options import add_config_options, read_run_config
from deepracer_ros.errors import InputError
from deepracer_ros.packages import load_package

EXAMPLES = """\
examples:
  deepracer train
  deepracer train --track oval --seed 3
  deepracer train --track path/to/route.npy --reward my_reward.py
  deepracer train --track oval,hairpin --jobs 2         train one policy with two simulation jobs
  deepracer train --name monday                         start a named run, or resume it
  deepracer train --clone runs/latest --track hairpin          begin with the best model of another run
  deepracer train --jobs 64 --cluster http://HEAD:8265         on a Ray cluster
  deepracer train --set learning.epochs=6 --set trainer.max_seconds=120

`deepracer config` lists every key for --set and for a file, with meaning, default and range.
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "train",
        help="train a policy that drives laps from camera frames",
        description="Starts the pipeline (simulation, agent, recorder, Redis, trainer, S3), trains until every "
        "evaluation lap is complete, evaluates the best model, and writes the results to runs/NAME.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_options(parser)
    parser.add_argument("--name", help="name of the run; an existing run resumes (default: time and track)")
    parser.add_argument(
        "--runs", default=Path("runs"), type=Path, metavar="FOLDER", help="folder of all runs (default: runs)"
    )
    parser.add_argument(
        "--clone", metavar="RUN[:best|last|N]", help="begin a new run with the weights of another run's model and "
        "its configuration; tracks, reward, hyperparameters and action space may be other ones"
    )  # fmt: skip
    parser.add_argument(
        "--simtrace", action="store_true", help="write traces and metrics of all episodes as DeepRacer does, for its "
        "tools, into the folder deepracer/ of the run"
    )  # fmt: skip
    parser.add_argument(
        "--cluster", metavar="URL", help="train on a Ray cluster: http://HEAD:8265 submits the training as a job, auto "
        "uses the cluster of this machine, or starts one (default: the processes run on this machine)",
    )  # fmt: skip
    parser.add_argument("--namespace", default="", metavar="NAME", help="ROS namespace of all nodes (default: none)")
    parser.add_argument(
        "--log-level",
        default="warn",
        choices=("debug", "info", "warn", "error", "fatal"),
        help="log level of the nodes (default: warn)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        InputError: on bad input, or if a part of the pipeline cannot continue.
    """
    started = time.monotonic()
    source = None
    if args.clone is not None:
        from deepracer_ros.engine.clone import make_clone  # imports torch
        from deepracer_ros.engine.sources import find_source

        source = find_source(args.clone, args.runs)
    config = read_run_config(args, None if source is None else source.values())
    if args.cluster is not None:
        load_package("ray", "'deepracer_ros[ray]'")
    if args.cluster not in (None, "auto"):
        if source is not None:
            raise InputError(f"--clone: found it with --cluster {args.cluster}, expected it with --cluster auto, there")
        from deepracer_ros.engine.submission import submit_training  # imports Ray

        return submit_training(args.cluster, config, args.name, args.runs)
    from deepracer_ros.engine.local import train  # imports numba
    from deepracer_ros.engine.processes import PREFIX
    from deepracer_ros.engine.ros_graph import RosGraph

    clone = None
    if source is not None:
        clone = make_clone(source, config)
        if clone.new:
            print(f"{PREFIX}weights that do not fit and are new: {', '.join(clone.new)}", flush=True)

    outcome = train(
        config, args.runs, args.name, started, RosGraph(args.namespace, args.log_level), clone, args.cluster is not None
    )
    evaluation = outcome.evaluation
    print(
        f"{outcome.folder.path}: "
        + ", ".join(sorted(path.name for path in outcome.folder.path.glob("[!.]*") if path.is_file()))
    )
    reached = (
        "" if outcome.seconds_to_all_laps is None else f", every lap complete after {outcome.seconds_to_all_laps:.1f} s"
    )
    print(
        f"{evaluation.laps_completed} of {evaluation.laps_attempted} laps completed, "
        f"trained {outcome.training_seconds:.1f} s{reached}"
    )
    return 0
