# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the car's node does between configuration and clean-up: messages to the gate, its decisions to the servos."""

import json
import math
import time
from pathlib import Path

from geometry_msgs.msg import Twist
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import BatteryState, CompressedImage, Image, Imu, JointState, Joy
from std_msgs.msg import String

from deepracer_ros.car.calibration import read_calibration, throttle_of
from deepracer_ros.car.gate import AUTONOMY, TELEOP, Command, Decision, Gate
from deepracer_ros.car.servos import Servos, Will
from deepracer_ros.errors import InputError
from deepracer_ros.nodes.diagnostics import Health
from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.nodes.messages.twist import from_twist_command
from deepracer_ros.nodes.qos import LATCHED, NEWEST
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.training.config import RunConfig

GRAVITY = 9.81
"""Acceleration of the fall, m/s²."""
OTHERS = ("/ctrl_pkg/servo_msg", "/ctrl_pkg/raw_pwm")
"""Topics of the car's own software, which drives the same servos."""
DISCOVERY_SECONDS = 1.0
"""Time for which other nodes are waited for, to see whether the car's own software runs, s."""
NO_MODEL = ("none", "random")
"""Names of an agent's model while it has none."""


class CarDriver:
    """Sends to the servos what the gate lets through, while it is active.

    Attributes:
        gate: The gate.
        active: Whether the servos have power.
    """

    def __init__(self, node: Node, config: RunConfig) -> None:
        """Set up the servos in neutral and without power, and open the topics.

        Args:
            node: ROS node of the car.
            config: Configuration of the run.

        Raises:
            InputError: if the car's own software runs, the calibration cannot be read, or there are no such servos.
        """
        self._node, self._config = node, config
        deadline = time.monotonic() + DISCOVERY_SECONDS
        while time.monotonic() < deadline:
            self.check_alone()
            time.sleep(0.05)
        self.gate, self.active = Gate(config.gate), False
        self._servos = Servos(config.car, read_calibration(Path(config.car.calibration)))
        vehicle = read_vehicle()
        self._limit, self._wheelbase = vehicle.steering_limit, vehicle.wheelbase
        self._decision: Decision | None = None
        self._inputs = Inputs(node)
        self._sent = node.create_publisher(JointState, "~/sent", 10)
        self._inputs.subscribe(JointState, "drive", self._on_drive, NEWEST)
        self._inputs.subscribe(Twist, "teleop/cmd_vel", self._on_teleop, NEWEST)
        self._inputs.subscribe(Joy, "joy", self._on_joy, qos_profile_sensor_data)
        self._inputs.subscribe(Imu, "imu", self._on_imu, qos_profile_sensor_data)
        self._inputs.subscribe(BatteryState, "battery", self._on_battery, qos_profile_sensor_data)
        self._inputs.subscribe(String, "agent/model", self._on_model, LATCHED)
        compressed = config.agent.image_transport == "compressed"
        topic = "camera/image_raw/compressed" if compressed else "camera/image_raw"
        kind = CompressedImage if compressed else Image
        # As bytes: only that there is a frame matters.
        node.create_subscription(kind, topic, self._on_frame, qos_profile_sensor_data, raw=True)

    def check_alone(self) -> None:
        """Check that the car's own software does not run.

        Raises:
            InputError: if one of its topics is there.
        """
        for topic in OTHERS:
            if self._node.count_publishers(topic) or self._node.count_subscribers(topic):
                raise InputError(f"{topic}: found the car's own software, expected none: both would drive the servos")

    @property
    def will(self) -> Will:
        """The writes that make the car safe."""
        return self._servos.will

    def activate(self) -> None:
        """Switch the power of the servos on, in neutral."""
        self._servos.drive(0.0, 0.0)
        self._servos.power(True)
        self.active = True

    def stop(self, reason: str) -> None:
        """Disarm, stop the car, and switch the power of the servos off."""
        self.active = False
        self.gate.disarm(reason)
        self.will.execute()

    def reconfigure(self, config: RunConfig) -> None:
        """Use another greatest throttle from now on."""
        self.gate.set_throttle(config.gate.throttle)

    def tick(self) -> None:
        """Send what the gate decides, and publish what was sent."""
        decision = self._decision = self.gate.tick(time.monotonic(), self._clock())
        if not self.active:
            return
        self._servos.drive(decision.angle, decision.throttle)
        message = JointState(name=[decision.source], position=[decision.angle], effort=[decision.throttle])
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.header.frame_id = decision.reason or decision.state.value
        self._sent.publish(message)

    def _clock(self) -> float:
        return 1e-9 * self._node.get_clock().now().nanoseconds

    def _on_frame(self, message: bytes) -> None:
        self.gate.frame(time.monotonic())

    def _on_drive(self, message: JointState) -> None:
        stamp = 1e-9 * to_nanoseconds(message.header.stamp)
        is_one = len(message.position) == len(message.velocity) == 1
        steering, speed = (message.position[0], message.velocity[0]) if is_one else (math.nan, math.nan)
        self._put(AUTONOMY, steering, speed, stamp)
        if not is_one:
            raise MessageError(f"drive: found {len(message.position)} angles, expected the command of one car")

    def _on_teleop(self, message: Twist) -> None:
        steering, speed = math.nan, math.nan
        try:
            steering, speed = from_twist_command(message, self._wheelbase, self._limit)
        finally:
            self._put(TELEOP, steering, speed, self._clock())

    def _put(self, source: str, steering: float, speed: float, stamp: float) -> None:
        """Give a command in rad and m/s to the gate; one that is not finite makes it neutral."""
        throttle = math.copysign(throttle_of(abs(speed), self._config.car.fastest), speed) if speed == speed else speed
        self.gate.command(source, Command(steering / self._limit, throttle, stamp), time.monotonic())

    def _on_joy(self, message: Joy) -> None:
        button = self._config.gate.dead_man_button
        if button >= len(message.buttons):
            raise MessageError(f"joy: found {len(message.buttons)} buttons, expected gate.dead_man_button {button}")
        self.gate.dead_man(bool(message.buttons[button]), time.monotonic())

    def _on_imu(self, message: Imu) -> None:
        a = message.linear_acceleration
        self.gate.acceleration(math.hypot(a.x, a.y, a.z) / GRAVITY)

    def _on_battery(self, message: BatteryState) -> None:
        self.gate.battery(message.percentage)

    def _on_model(self, message: String) -> None:
        try:
            model = json.loads(message.data)["model"]
        except (ValueError, KeyError, TypeError) as error:
            self.gate.model(False)
            raise MessageError(f"agent/model: found {message.data[:60]!r}, expected the model of an agent") from error
        self.gate.model(model not in NO_MODEL)

    def health(self) -> Health:
        """Return the health of the car for its diagnostics.

        Raises:
            InputError: if the car's own software runs now.
        """
        self.check_alone()
        decision = self._decision
        figures = {
            "state": self.gate.state.value,
            "source": self.gate.source,
            "refused_commands": self.gate.refused,
            "bad_messages": self._inputs.refused,
            "power": self.active,
        }
        return Health(
            error=self._inputs.take_error(),
            warning=self._inputs.warning() or (decision.reason if decision is not None else ""),
            figures=figures,
        )
