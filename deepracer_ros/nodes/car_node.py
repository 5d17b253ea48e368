# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ROS node that drives the servos of a car through the gate; `car_guard` starts and watches it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from std_srvs.srv import SetBool, Trigger

from deepracer_ros.car.guard import PIPES, Lifeline
from deepracer_ros.errors import InputError
from deepracer_ros.nodes.base import run
from deepracer_ros.nodes.car_driver import CarDriver
from deepracer_ros.nodes.diagnostics import Diagnostics, Health
from deepracer_ros.nodes.managed import NOT_CONFIGURED, ManagedNode
from deepracer_ros.nodes.parameters import follow_changes
from deepracer_ros.nodes.timers import every
from deepracer_ros.training.config import RunConfig

TICK = 0.02
"""Time between two pulses of a servo, s."""
CHANGEABLE = ("gate.throttle",)
"""Keys that may change while the car drives."""


class CarNode(ManagedNode):
    """Sends the commands on `drive` and `teleop/cmd_vel` to the servos, if the gate lets them through.

    A managed node: configured it holds the servos in neutral, active they have power, and any other state cuts it.
    `~/arm` (std_srvs/SetBool) arms and disarms the gate, `~/clear` (std_srvs/Trigger) ends a fault, and `~/hand_over`
    gives the authority back to the agent.
    """

    def __init__(self) -> None:
        """Read the parameters, and configure and activate the node unless the parameter `autostart` is false.

        Raises:
            InputError: on wrong parameters, without `car_guard`, or beside the car's own software.
        """
        if PIPES not in os.environ:
            raise InputError("car_node: found no car_guard, expected it to start this node: run car_guard instead")
        self._lifeline = Lifeline(os.environ[PIPES])
        super().__init__("car", CHANGEABLE)
        self._driver: CarDriver | None = None
        self._is_wanted = self._has_promised = False
        follow_changes(self, self.config, self._reconfigure)
        self.create_service(SetBool, "~/arm", self._arm)
        self.create_service(Trigger, "~/clear", self._clear)
        self.create_service(Trigger, "~/hand_over", self._hand_over)
        self._diagnostics = Diagnostics(self, self._health)
        self._timer = every(self, TICK, self._tick)
        self.start()

    def configure(self) -> None:
        """Set up the servos in neutral and open the topics.

        Raises:
            InputError: if the car's own software runs, the calibration cannot be read, or there are no such servos.
        """
        self._driver = CarDriver(self, self.config)
        if not self._has_promised:
            self._lifeline.promise(self._driver.will, self.config.car.silence)
            self._has_promised = True

    def activate(self) -> None:
        """Let the next tick switch the power of the servos on: from then on the guard listens for each."""
        self._is_wanted = True

    def deactivate(self) -> None:
        """Stop the car; from then on the guard does not wait for ticks, of which an ending node has none."""
        self._is_wanted = False
        if self._driver is not None:
            self._driver.stop("deactivated")
            self._lifeline.beat(rests=True)

    def clean_up(self) -> None:
        """Stop the car and forget the servos."""
        self.deactivate()
        self._driver = None

    def _tick(self) -> None:
        """Tell the guard of this tick, and send what the gate decides.

        Raises:
            InputError: if the guard has ended, or the servos cannot be written.
        """
        driver = self._driver
        if not self._has_promised:
            return
        trouble = self._lifeline.beat(rests=driver is None or not self._is_wanted)
        if driver is None:
            return
        if trouble:
            driver.gate.fail(trouble)
        with self._stopped_by_errors():
            if trouble == Lifeline.ENDED:
                raise InputError(f"{trouble}, expected it to watch this node")
            if self._is_wanted and not driver.active:
                driver.activate()
            driver.tick()

    @contextmanager
    def _stopped_by_errors(self) -> Iterator[None]:
        """Stop the car before an error ends the node, which takes longer than the guard waits for a moving car."""
        try:
            yield
        except InputError:
            self.deactivate()
            raise

    def _reconfigure(self, config: RunConfig) -> None:
        self.config = config
        if self._driver is not None:
            self._driver.reconfigure(config)

    def _arm(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        driver = self._driver
        if driver is None or not driver.active:
            response.message = "found a car that is not active, expected an active one"
        elif request.data:
            response.message = self._try_to_arm(driver)
        else:
            driver.gate.disarm()
        response.success = not response.message
        response.message = response.message or ("armed" if request.data else "disarmed")
        return response

    @staticmethod
    def _try_to_arm(driver: CarDriver) -> str:
        """Arm the gate; return why not, or nothing."""
        try:
            driver.check_alone()
        except InputError as error:
            return str(error)
        return driver.gate.arm(time.monotonic())

    def _clear(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._driver is not None:
            self._driver.gate.clear()
        response.success = self._driver is not None
        return response

    def _hand_over(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._driver is not None:
            self._driver.gate.hand_over()
        response.success = self._driver is not None
        return response

    def _health(self) -> Health:
        if self._driver is None:
            return NOT_CONFIGURED
        with self._stopped_by_errors():
            return self._driver.health()


def main() -> int:
    """Run the car's node until a signal, and return the exit code."""
    return run([CarNode])


if __name__ == "__main__":
    sys.exit(main())
