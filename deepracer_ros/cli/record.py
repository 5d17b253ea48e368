# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer record`, which records the topics of a job or a car into a bag."""

import argparse
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError

EXAMPLES = """\
examples:
  deepracer record monday                    record until Ctrl-C
  deepracer record monday --seconds 60
  deepracer record monday --namespace car_1
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "record",
        help="record the topics of a training or a car into a bag (MCAP)",
        description="Records camera, commands, race state, odometry and diagnostics in the ROS domain of the "
        "environment. `ros2 bag`, Foxglove and `deepracer replay` read the bag.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder of the bag, which must not exist")
    parser.add_argument("--seconds", type=float, help="length of the recording, s (default: until Ctrl-C)")
    parser.add_argument("--namespace", default="", help="ROS namespace of the job or the car (default: none)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        InputError: if the bag exists or cannot be written.
    """
    if args.bag.exists():
        raise InputError(f"{args.bag}: exists, expected a new folder for the bag")
    space = ["-r", f"__ns:=/{args.namespace.strip('/')}"] if args.namespace.strip("/") else []
    from deepracer_ros.nodes.bag_recorder import BagRecorder  # imports rclpy
    from deepracer_ros.nodes.base import run as run_nodes

    count: dict[str, int] = {}
    code = run_nodes([lambda: BagRecorder(args.bag, args.seconds, count)], ["--ros-args", *space])
    if code == 0:
        print(f"{args.bag}: {sum(count.values())} messages of {len(count)} topics")
        for topic, number in sorted(count.items()):
            print(f"  {number:8d}  {topic}")
    return code
