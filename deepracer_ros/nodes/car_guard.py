# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The process that starts the car's node and stops the car when the node is silent, stuck or killed; it is no node."""

import os
import sys
from contextlib import suppress

from deepracer_ros.car.guard import guard

URGENCY = -10
"""Change of the niceness of both processes where the user may make it: a busy machine must not delay a stop."""


def main() -> int:
    """Guard the car's node, with the arguments of this process, and return its exit code."""
    with suppress(PermissionError):
        os.nice(URGENCY)
    return guard([sys.executable, "-m", "deepracer_ros.nodes.car_node", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
