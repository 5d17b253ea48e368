# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Environment steps per second through the ROS graph: simulation_node and agent_node, without inference."""

import time

import numpy as np
import rclpy
from rclpy.experimental.events_executor import EventsExecutor

from benchmarks.common import default_config, own_ros_domain, untrained_model, write_parameters
from deepracer_ros.learning.policy import Decision
from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.simulation_node import SimulationNode
from deepracer_ros.simulation.sensors import CAMERA, Observations

CARS = 64
SECONDS = 5.0


class Constant:
    """A policy that always returns the same action."""

    reads = (CAMERA,)

    def act(self, observations: Observations, generator: object = None) -> Decision:
        """Return 0 rad and 1 m/s for every car."""
        count = len(observations[CAMERA])
        return Decision(np.zeros(count), np.ones(count), np.zeros(count, np.float32))


def main() -> None:
    """Print the environment steps per second on the last line."""
    with own_ros_domain() as folder:
        camera = {"camera": {"width": 160, "height": 120}}
        config = default_config(simulation={"cars": CARS, "threads": 2}, **camera)
        model = untrained_model(config, folder)
        config = default_config(
            simulation={"cars": CARS, "threads": 2}, agent={"model": str(model), "explore": False}, **camera
        )
        rclpy.init(args=["--ros-args", "--params-file", str(write_parameters(config, folder)), "--log-level", "warn"])
        agent, simulation = AgentNode(), SimulationNode()
        assert agent.driver is not None
        assert simulation.stepper is not None
        agent.driver._policy = Constant()  # type: ignore[assignment]
        executor = EventsExecutor()
        executor.add_node(agent.node)
        executor.add_node(simulation.node)
        stepper = simulation.stepper
        while stepper._step < 20:
            executor.spin_once(timeout_sec=0.1)
        first, started = stepper._step, time.perf_counter()
        while time.perf_counter() - started < SECONDS:
            executor.spin_once(timeout_sec=0.1)
        rate = CARS * (stepper._step - first) / (time.perf_counter() - started)
        executor.shutdown()
        rclpy.try_shutdown()
        print(f"{rate:.0f}")


if __name__ == "__main__":
    main()
