# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The commands of one car: on `cmd_vel` and `ackermann_cmd` too, and with a guard that stops the car."""

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.publisher import Publisher

from deepracer_ros.nodes.command_guard import Topics
from deepracer_ros.nodes.guard import Guard
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.messages.frames import BASE_FRAME
from deepracer_ros.nodes.outputs.command_topic import CommandTopic
from deepracer_ros.nodes.outputs.optional import report_missing, where_installed
from deepracer_ros.nodes.outputs.twist import TwistOutput
from deepracer_ros.training.config import RunConfig


class CarCommands:
    """Publishes the commands of one car, and stops the car when there are no more.

    A receiver may keep the last command for ever. So the guard, a process of its own, publishes stops when the agent is
    silent for `agent.max_age`, is stuck, or has ended.
    """

    def __init__(self, node: Node, drive: Publisher, config: RunConfig, prefix: str) -> None:
        """Open the topics and start the guard.

        Args:
            node: ROS node of the agent.
            drive: The agent's publisher of `drive`.
            config: Configuration of the run.
            prefix: Prefix of the frames of the car.
        """
        self._node, self._drive, self._live = node, drive, config.agent.live_camera
        stamped = config.agent.stamped_cmd_vel
        missing: list[str] = []
        self._outputs: list[CommandTopic] = [TwistOutput(node, stamped, prefix + BASE_FRAME)]
        with where_installed("ackermann_cmd", missing):
            from deepracer_ros.nodes.outputs.ackermann import AckermannOutput

            self._outputs.append(AckermannOutput(node, prefix + BASE_FRAME))
        report_missing(node, missing)
        # In lock-step nobody moves a car between two frames, and a stop on `drive` would be the answer to a frame.
        self._stops_drive = self._live or config.simulation.real_time
        names = [node.resolve_topic_name(name) for name in ("cmd_vel", "ackermann_cmd", "drive")]
        self._topics = Topics(names[0], names[1], names[2] if self._stops_drive else "", stamped, prefix + BASE_FRAME)
        self._guard = Guard(self._topics, config.agent.max_age)

    def set_max_age(self, seconds: float) -> None:
        """Start a guard with another greatest age of a command; until it is there, the car stands.

        Args:
            seconds: Time after a moving command without a successor within which a stop arrives, s.
        """
        self.close()
        self._guard = Guard(self._topics, seconds)

    def is_guarded(self) -> bool:
        """Return whether the car may move: with a live camera only while the guard could stop it on all topics."""
        receivers = sum(output.receivers for output in self._outputs)
        if self._stops_drive:
            receivers += self._drive.get_subscription_count()
        return self._guard.watches(receivers) or not self._live

    def publish(self, steering: float, speed: float, stamp: Time) -> None:
        """Publish a command on each topic except `drive`.

        Args:
            steering: Steering angle, rad, positive to the left.
            speed: Speed, m/s.
            stamp: Stamp of the frame that the command answers.
        """
        self._guard.tell(moving=speed != 0.0)  # before the command, so that there is none that it does not know
        for output in self._outputs:
            output.publish(steering, speed, stamp)

    def stop(self) -> None:
        """Publish a stop on all topics, with the present time as its stamp."""
        stamp = self._node.get_clock().now().to_msg()
        self.publish(0.0, 0.0, stamp)
        if self._stops_drive:
            zeros = np.zeros(1)
            self._drive.publish(to_drive(zeros, zeros, np.zeros(1, np.float32), ["car_0"], "stop", stamp))

    def close(self) -> None:
        """Stop the car; the guard repeats the stop for half a second and then ends."""
        self.stop()
        self._guard.close()
