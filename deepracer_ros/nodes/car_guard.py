# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The process that starts the car's node and stops the car when the node is silent, stuck or killed; it is no node."""

import sys

from deepracer_ros.car.guard import guard
from deepracer_ros.machine import hurry


def main() -> int:
    """Guard the car's node, with the arguments of this process, and return its exit code."""
    hurry()
    return guard([sys.executable, "-m", "deepracer_ros.nodes.car_node", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
