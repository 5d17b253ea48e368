# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer work`, which is one worker of a run that lives in Redis and S3."""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from deepracer_ros.cli.options import REDIS_VARIABLE, named_server

S3_VARIABLE = "DEEPRACER_S3"
"""Environment variable with the URL of an S3 server, or aws."""

EXAMPLES = """\
examples:
  deepracer train --name shared --redis redis://HEAD:6379 --s3 http://HEAD:8333 --set trainer.checkpoints=bucket
  deepracer work simulation --run shared --job 1 --redis redis://HEAD:6379 --s3 http://HEAD:8333
  deepracer work trainer --run shared --redis redis://HEAD:6379 --s3 http://HEAD:8333

A worker takes the run's configuration, reward and tracks from S3. Credentials of S3 are found as boto3 does; the
password of Redis is in DEEPRACER_REDIS_PASSWORD, or in the file that DEEPRACER_REDIS_PASSWORD_FILE names.
Exit code 0 when the run is done, 2 with one line when it has failed or the worker cannot go on.
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "work",
        help="be one worker of a run that lives in Redis and S3",
        description="Runs one simulation job or the trainer of a run, on any machine, until the run is done.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", choices=("simulation", "trainer"), help="what this worker does")
    parser.add_argument("--run", dest="run_name", required=True, metavar="RUN", help="name of the run")
    parser.add_argument("--job", type=int, default=0, metavar="N", help="number of the simulation job (default: 0)")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="number of jobs among which the tracks are shared out (default: that of "
        "the run)",
    )  # fmt: skip
    parser.add_argument(
        "--redis", metavar="URL", help=f"Redis server, without its password (default: ${REDIS_VARIABLE})"
    )
    parser.add_argument("--s3", metavar="URL", help=f"S3 server, or 'aws' (default: ${S3_VARIABLE})")
    parser.add_argument("--bucket", default="deepracer", metavar="NAME", help="bucket (default: deepracer)")
    parser.add_argument(
        "--folder", type=Path, metavar="FOLDER", help="folder for files and logs of this worker (default: a temporary "
        "one for a simulation, runs/RUN for the trainer)",
    )  # fmt: skip
    parser.add_argument(
        "--log-level", default="warn", choices=("debug", "info", "warn", "error", "fatal"),
        help="log level of the nodes (default: warn)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        InputError: on bad input, or if a server does not answer.
    """
    from deepracer_ros.engine.domain import own_domain
    from deepracer_ros.engine.work import Servers, prepare
    from deepracer_ros.errors import InputError

    redis = named_server(args.redis, "--redis", REDIS_VARIABLE)
    servers = Servers(redis, named_server(args.s3, "--s3", S3_VARIABLE), args.bucket)
    if args.job < 0:
        raise InputError(f"--job: found {args.job}, expected 0 or more")
    with ExitStack() as stack:
        folder = args.folder or (Path("runs") / args.run_name if args.part == "trainer" else None)
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deepracer-work-")))
        prepare(servers, args.run_name, args.job, args.jobs, folder)
        stack.enter_context(own_domain())
        return _work(args.part, args.job, folder, args.log_level)


def _work(part: str, job: int, folder: Path, log_level: str) -> int:
    """Run the nodes of a worker, and return the exit code."""
    from deepracer_ros.engine.local_engine import JOB_NODES
    from deepracer_ros.engine.ros_graph import RosGraph, job_namespace
    from deepracer_ros.nodes.base import run as run_nodes
    from deepracer_ros.run.folder import RunFolder

    arguments, graph = ["--ros-args", "--params-file", str(RunFolder(folder).parameters)], RosGraph("", log_level)
    if part == "trainer":
        from deepracer_ros.nodes.trainer_node import TrainerNode

        return run_nodes([TrainerNode], [*arguments, *graph.arguments("trainer")], tell_signal=True)
    from deepracer_ros.nodes.run_follower import RunFollower
    from deepracer_ros.nodes.simulation_job import NODES

    place = graph.arguments("run_follower", *JOB_NODES, inside=job_namespace(job))
    return run_nodes([RunFollower, *NODES], [*arguments, *place])
