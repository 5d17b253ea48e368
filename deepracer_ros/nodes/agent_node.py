# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ROS node that answers camera frames with drive commands and reloads models while driving."""

import sys

from std_srvs.srv import Trigger

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.base import run
from deepracer_ros.nodes.diagnostics import Diagnostics, Health
from deepracer_ros.nodes.driver import Driver
from deepracer_ros.nodes.managed import ManagedNode
from deepracer_ros.nodes.parameters import follow_changes
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.tuning import tune_process

CHANGEABLE = ("agent.max_age", "agent.speed_limit")
"""Keys that may change while the agent drives."""


class AgentNode(ManagedNode):
    """The agent, a managed node: configured it has a model, active it drives, and any other state stops the car.

    It offers `~/reload_model` (std_srvs/Trigger), which reads the model folder again or looks for a newer model.
    """

    def __init__(self) -> None:
        """Read the parameters, and configure and activate the node unless the parameter `autostart` is false.

        Raises:
            InputError: on wrong parameters, a model that cannot be read, or an S3 server that does not answer.
        """
        tune_process()
        super().__init__("agent", CHANGEABLE)
        self.driver: Driver | None = None
        follow_changes(self, self.config, self._reconfigure)
        self.create_service(Trigger, "~/reload_model", self._reload)
        self._diagnostics = Diagnostics(self, self._health)
        self.start()

    def configure(self) -> None:
        """Load the model, start the command guard, and open the topics.

        Raises:
            InputError: if the model cannot be read or does not fit the car, or the S3 server does not answer.
        """
        self.driver = Driver(self, self.config, self.place)

    def activate(self) -> None:
        """Answer frames."""
        if self.driver is not None:
            self.driver.active = True

    def deactivate(self) -> None:
        """Answer no more frames, and stop the car."""
        if self.driver is not None:
            self.driver.stop()

    def clean_up(self) -> None:
        """Stop the car and close everything that `configure` opened."""
        if self.driver is not None:
            self.driver.close()
            self.driver = None

    def _reconfigure(self, config: RunConfig) -> None:
        self.config = config
        if self.driver is not None:
            self.driver.reconfigure(config)

    def _reload(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        try:
            if self.driver is None:
                raise InputError("reload_model: found an agent without configuration, expected a configured one")
            response.message = self.driver.reload()
            response.success = True
        except InputError as error:
            response.message = str(error)
        return response

    def _health(self) -> Health:
        return self.driver.health() if self.driver is not None else Health(warning="not configured")


def main() -> int:
    """Run the agent until a signal, and return the exit code."""
    return run([AgentNode])


if __name__ == "__main__":
    sys.exit(main())
