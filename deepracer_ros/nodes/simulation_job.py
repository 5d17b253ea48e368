"""Simulation, agent and recorder in one process: the fastest way to run a simulation job."""

import sys

from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.base import run
from deepracer_ros.nodes.recorder_node import RecorderNode
from deepracer_ros.nodes.simulation_node import SimulationNode


def main() -> int:
    """Run the three nodes until a signal; they start when the agent and the recorder listen."""
    return run([AgentNode, RecorderNode, lambda: SimulationNode(recorded_here=True)])


if __name__ == "__main__":
    sys.exit(main())
