# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ROS node that answers camera frames with drive commands and reloads models while driving."""

import sys
from typing import Any

from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import parameter_value_to_python
from std_srvs.srv import Trigger

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.base import run
from deepracer_ros.nodes.diagnostics import Diagnostics, Health
from deepracer_ros.nodes.driver import Driver
from deepracer_ros.nodes.managed import NOT_CONFIGURED, ManagedNode
from deepracer_ros.nodes.parameters import follow_changes
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.tuning import tune_process

CHANGEABLE = ("agent.max_age", "agent.speed_limit")
"""Keys that may change while the agent drives."""


class AgentNode(ManagedNode):
    """The agent, a managed node: configured it has a model, active it drives, and any other state stops the car.

    It offers `~/reload_model` (std_srvs/Trigger), which reads the model folder again or looks for a newer model, and
    `~/set_model` (rcl_interfaces/SetParametersAtomically, with one integer `version`), which chooses one of the run's
    models.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        """Read the parameters, and configure and activate the node unless the parameter `autostart` is false.

        Args:
            options: Options of `rclpy.node.Node`, for example `namespace` where a process has several cars.

        Raises:
            InputError: on wrong parameters, a model that cannot be read, or an S3 server that does not answer.
        """
        tune_process()
        super().__init__("agent", CHANGEABLE, **options)
        self.driver: Driver | None = None
        follow_changes(self, self.config, self._reconfigure)
        self.create_service(Trigger, "~/reload_model", self._reload)
        self.create_service(SetParametersAtomically, "~/set_model", self._set_model)
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

    def _set_model(
        self, request: SetParametersAtomically.Request, response: SetParametersAtomically.Response
    ) -> SetParametersAtomically.Response:
        try:
            given = {parameter.name: parameter_value_to_python(parameter.value) for parameter in request.parameters}
            version = given.get("version")
            if list(given) != ["version"] or type(version) is not int or version < 0:
                raise InputError(f"set_model: found {given}, expected one integer `version` of at least 0")
            if self.driver is None:
                raise InputError("set_model: found an agent without configuration, expected a configured one")
            response.result.reason = self.driver.choose(version)
            response.result.successful = True
        except InputError as error:
            response.result.reason = str(error)
        return response

    def _health(self) -> Health:
        return self.driver.health() if self.driver is not None else NOT_CONFIGURED


def main() -> int:
    """Run the agent until a signal, and return the exit code."""
    return run([AgentNode])


if __name__ == "__main__":
    sys.exit(main())
