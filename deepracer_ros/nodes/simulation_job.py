# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A simulation job: simulation, agent and recorder in one process, which is the fastest way to run them."""

import sys
from collections.abc import Callable, Sequence

from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.base import RunnableNode, run
from deepracer_ros.nodes.recorder_node import RecorderNode
from deepracer_ros.nodes.simulation_node import SimulationNode

NODES: Sequence[Callable[[], RunnableNode]] = (AgentNode, RecorderNode, lambda: SimulationNode(recorded_here=True))
"""Functions that make the nodes of a simulation job, in this order."""


def main() -> int:
    """Run simulation, agent and recorder until a signal, and return the exit code."""
    return run(NODES)


if __name__ == "__main__":
    sys.exit(main())
