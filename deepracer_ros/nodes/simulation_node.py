# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ROS node that steps the cars in lock-step with their agent and publishes their observations."""

import sys
from typing import Any

from deepracer_ros.nodes.base import run
from deepracer_ros.nodes.diagnostics import Diagnostics, Health
from deepracer_ros.nodes.managed import NOT_CONFIGURED, ManagedNode
from deepracer_ros.nodes.parameters import follow_changes
from deepracer_ros.nodes.stepper import Stepper
from deepracer_ros.training.config import RunConfig

CHANGEABLE = ("simulation.real_time_factor",)
"""Keys that may change while the simulation runs."""


class SimulationNode(ManagedNode):
    """The simulation of one simulation job, a managed node: configured it has cars, and while it is active they drive.

    Services: `~/pause` (std_srvs/SetBool) stops the time, `~/reset` (std_srvs/Trigger) begins a new episode of every
    car, and `~/evaluate` (std_srvs/Trigger) does so too and publishes the results on `~/evaluation`.
    """

    def __init__(self, recorded_here: bool = False, **options: Any) -> None:  # noqa: ANN401
        """Read the parameters, and configure and activate the node unless the parameter `autostart` is false.

        Args:
            recorded_here: Whether a recorder runs in the same process; otherwise the parameter `recorded` says
                whether a recorder is expected.
            options: Options of `rclpy.node.Node`, for example `namespace` where a process has several cars.

        Raises:
            InputError: on wrong parameters, tracks or rewards.
        """
        super().__init__("simulation", CHANGEABLE, **options)
        self._window = self.config.window if self.place.recorded or recorded_here else 0
        self.stepper: Stepper | None = None
        follow_changes(self, self.config, self._reconfigure)
        self._diagnostics = Diagnostics(self, self._health)
        self.start()

    def configure(self) -> None:
        """Build the environment and open the topics.

        Raises:
            InputError: on wrong tracks or rewards, or if the simulator cannot start.
        """
        self.stepper = Stepper(self, self.config, self.place, self._window)

    def activate(self) -> None:
        """Let time go on."""
        if self.stepper is not None:
            self.stepper.activate()

    def deactivate(self) -> None:
        """Stop the time."""
        if self.stepper is not None:
            self.stepper.active = False

    def clean_up(self) -> None:
        """Close the simulator."""
        if self.stepper is not None:
            self.stepper.close()
            self.stepper = None

    def _reconfigure(self, config: RunConfig) -> None:
        self.config = config
        if self.stepper is not None:
            self.stepper.reconfigure(config)

    def _health(self) -> Health:
        return self.stepper.health() if self.stepper is not None else NOT_CONFIGURED


def main() -> int:
    """Run the simulation until a signal, and return the exit code."""
    return run([SimulationNode])


if __name__ == "__main__":
    sys.exit(main())
