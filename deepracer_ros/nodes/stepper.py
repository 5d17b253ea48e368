# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the simulation does between its configuration and its clean-up: it steps the cars and publishes them."""

import math
import time
from pathlib import Path

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, JointState, PointCloud2
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from deepracer_ros.errors import InputError
from deepracer_ros.files import write_json
from deepracer_ros.nodes.diagnostics import Health
from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.drive import from_drive
from deepracer_ros.nodes.messages.images import OPTICAL_FRAME, to_image
from deepracer_ros.nodes.messages.sensors import sensor_topic, to_points
from deepracer_ros.nodes.messages.stamps import to_stamp, to_step
from deepracer_ros.nodes.messages.state import to_state
from deepracer_ros.nodes.outputs.description import robot_description
from deepracer_ros.nodes.outputs.evaluation import EvaluationOutput
from deepracer_ros.nodes.outputs.interfaces import Interfaces
from deepracer_ros.nodes.qos import LATCHED, LOCK_STEP, recorded
from deepracer_ros.nodes.timers import Increase, Rate, every
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.rewards.output import Logged
from deepracer_ros.rewards.source import RewardError
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.factory import make_environment
from deepracer_ros.simulation.sensors import CAMERA, IN_RACE_STATE
from deepracer_ros.training.config import Place, RunConfig

WATCH_SECONDS = 0.02
"""Interval at which the simulation looks for nodes and answers in lock-step, s."""
REPEAT_SECONDS = 0.5
"""Time after which a frame without an answer is published again, s; the agent may have been restarted."""
COMMAND_SECONDS = 0.2
"""Greatest age of a command in real time, s; after it the car stops."""


class Stepper:
    """Steps the cars in lock-step with their agent, or in real time, while it is active.

    In lock-step the next frame is published when the command with the stamp of the current frame has arrived. If a
    recorder is expected, it must also be less than a window behind. In real time a frame is published every 1/15 s, and
    a car without a recent command stops.

    Attributes:
        active: Whether time goes on.
    """

    def __init__(self, node: Node, config: RunConfig, place: Place, window: int) -> None:
        """Build the environment, and open the topics and services.

        Args:
            node: ROS node of the simulation.
            config: Configuration of the run.
            place: Place of the simulation in the run.
            window: Number of steps that the simulation may be ahead of its recorder; 0: there is no recorder.

        Raises:
            InputError: on wrong tracks or rewards, or if the simulator cannot start.
        """
        self.active = False
        self._node, self._config, self._window = node, config.simulation, window
        self._folder = RunFolder(Path(place.folder)) if place.folder else None
        job, self._optical_frame = place.job, place.frame_prefix + OPTICAL_FRAME
        name = f"reward_{job}" if job else "reward"
        self._printed = Logged(self._folder.log(name)) if self._folder and isinstance(config.reward, str) else None
        self._environment = make_environment(
            config, config.job_tracks(job), config.simulation.cars, config.seed * 1000 + job, output=self._printed
        )
        self._limit = read_vehicle().steering_limit
        self._step = 0
        self._recorded = -math.inf
        self._waiting_since = time.monotonic()
        self._started = False
        self._is_paused = self._is_reset = self._is_evaluated = False
        self._steps, self._late, self._lateness = Rate(), 0, Increase()
        self._inputs = Inputs(node)
        self._commanded: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._command: tuple[NDArray[np.float64], NDArray[np.float64]] = (
            np.zeros(config.simulation.cars),
            np.zeros(config.simulation.cars),
        )
        self._command_at = -math.inf
        self._images = node.create_publisher(Image, "camera/image_raw", recorded(config.window))
        self._states = node.create_publisher(PointCloud2, "race/state", recorded(config.window))
        self._sensors = {
            name: node.create_publisher(PointCloud2, sensor_topic(name), recorded(config.window))
            for name in self._environment.sensors
            if name not in (CAMERA, *IN_RACE_STATE)
        }
        self._clock = node.create_publisher(Clock, "clock", 10) if job == 0 else None
        description = node.create_publisher(String, "robot_description", LATCHED)
        description.publish(String(data=robot_description()))
        self._inputs.subscribe(JointState, "drive", self._on_drive, LOCK_STEP)
        self._inputs.subscribe(Time, "recorder/recorded", self._on_recorded, LOCK_STEP)
        self._tick = every(node, self._tick_seconds, self._on_tick)
        self._interfaces = Interfaces(node, self._environment, config, place, self._inputs, self._on_drive)
        self._evaluation = EvaluationOutput(node, self._environment)
        node.create_service(SetBool, "~/pause", self._pause)
        node.create_service(Trigger, "~/reset", self._reset)
        node.create_service(Trigger, "~/evaluate", self._evaluate)

    def activate(self) -> None:
        """Let time go on."""
        self.active, self._waiting_since = True, time.monotonic()
        self._advance_when_allowed()

    def reconfigure(self, config: RunConfig) -> None:
        """Use changed keys from now on.

        Args:
            config: Configuration of the run, in which only changeable keys may differ.
        """
        self._config = config.simulation
        self._tick.timer_period_ns = round(1e9 * self._tick_seconds)

    @property
    def _tick_seconds(self) -> float:
        return CONTROL_PERIOD / self._config.real_time_factor if self._config.real_time else WATCH_SECONDS

    def _pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        """Stop the time of the simulation, or let it go on."""
        self._is_paused, response.success = request.data, True
        self._waiting_since = time.monotonic()
        self._advance_when_allowed()
        return response

    def _reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Begin a new episode of every car with the next frame."""
        self._is_reset, response.success = True, True
        return response

    def _evaluate(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Begin a new episode of every car with the next frame, and publish how it goes."""
        self._is_reset = self._is_evaluated = response.success = True
        response.message = f"results follow on {self._node.resolve_topic_name('~/evaluation')}"
        return response

    def _on_tick(self) -> None:
        """Start when agent and recorder are present; later step in real time, or repeat an unanswered frame."""
        now = time.monotonic()
        if not self.active or self._is_paused:
            return
        if not self._started:
            self._start_when_ready(now)
        elif self._config.real_time:
            fresh = now - self._command_at <= COMMAND_SECONDS
            self._late += not fresh
            steering, speed = self._command
            self._advance(steering, speed if fresh else np.zeros_like(speed))
        elif now - self._waiting_since > REPEAT_SECONDS:
            self._late += 1
            self._publish()

    def _start_when_ready(self, now: float) -> None:
        listeners = self._images.get_subscription_count()
        expected = 1 + (self._window > 0)
        heard = self._node.count_publishers("drive") > 0
        if self._config.real_time or (listeners >= expected and heard):
            self._started = True
            self._outcome = self._environment.reset()
            self._publish()
        elif now - self._waiting_since > self._config.agent_seconds:
            raise InputError(
                f"camera/image_raw: found {listeners} subscribers within {self._config.agent_seconds:g} s, "
                f"expected {expected} (agent{' and recorder' if expected > 1 else ''})"
            )

    def _on_drive(self, message: JointState) -> None:
        steering, speed, _ = from_drive(message, self._config.cars, self._limit)
        if self._config.real_time:
            self._command, self._command_at = (steering, speed), time.monotonic()
        elif self._started and self._commanded is None and message.header.stamp == to_stamp(self._step):
            self._commanded = (steering, speed)
            self._advance_when_allowed()

    def _on_recorded(self, message: Time) -> None:
        number = to_step(message)
        if number <= self._step:  # a greater number is from an earlier simulation
            self._recorded = max(self._recorded, number)
            self._advance_when_allowed()

    def _advance_when_allowed(self) -> None:
        window = self._window
        if (
            self._commanded is not None
            and self.active
            and not self._is_paused
            and (window == 0 or self._step - self._recorded < window)
        ):
            command, self._commanded = self._commanded, None
            self._advance(*command)

    def _advance(self, steering: NDArray[np.float64], speed: NDArray[np.float64]) -> None:
        if self._is_reset:
            self._outcome = self._environment.reset()
        else:
            self._outcome = self._judged(steering, speed)
            self._evaluation.note(self._outcome)
        if self._is_evaluated:
            self._evaluation.begin(self._outcome)
        self._is_reset = self._is_evaluated = False
        self._step += 1
        self._steps.count += self._config.cars
        self._publish()

    def _judged(self, steering: NDArray[np.float64], speed: NDArray[np.float64]) -> Outcome:
        """Step the environment; keep the params of a reward function that failed in the run's folder.

        Raises:
            RewardError: if the reward function failed.
        """
        try:
            return self._environment.step(steering, speed)
        except RewardError as error:
            if self._folder is None or error.params is None:
                raise
            path = self._folder.reward_error
            write_json(path, error.params)
            raise RewardError(f"{error}; its params are in {path}", error.params) from error

    def _publish(self) -> None:
        """Publish time, states, sensors and the frame of a step; the frame is last, since it triggers the next step."""
        stamp = to_stamp(self._step)
        if self._clock:
            self._clock.publish(Clock(clock=stamp))
        self._states.publish(to_state(self._outcome, self._environment, stamp))
        for name, publisher in self._sensors.items():
            observations = self._outcome.observations[name]
            publisher.publish(to_points(observations, self._environment.sensors[name], stamp))
        self._interfaces.publish(self._outcome, stamp)
        self._images.publish(to_image(self._outcome.frames, stamp, self._optical_frame))
        self._waiting_since = time.monotonic()

    def health(self) -> Health:
        """Return the health of the simulation for its diagnostics."""
        late = self._lateness.take(self._late)  # in lock-step the simulation only repeats its frame
        figures = {
            "env_steps_per_second": self._steps.take(),
            "step": self._step,
            "steps_not_recorded": self._step - max(self._recorded, 0) if self._window else 0,
            "bad_commands": self._inputs.refused,
            "late_commands": self._late,
        }
        warning = f"drive: {late} commands late in the last second" if late and self._config.real_time else ""
        warning = warning or (self._printed.warning if self._printed else "")
        return Health(error=self._inputs.take_error(), warning=self._inputs.warning() or warning, figures=figures)

    def close(self) -> None:
        """Close the simulator and release its resources."""
        self.active = False
        self._environment.close()
