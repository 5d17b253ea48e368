# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ROS node that records observations, commands and rewards, and appends them to Redis in segments."""

import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import Image, JointState, PointCloud2

from deepracer_ros.experience.connection import unique_worker
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.nodes.base import make_node, run
from deepracer_ros.nodes.diagnostics import Diagnostics, Health
from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.drive import from_drive
from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.nodes.messages.images import from_image
from deepracer_ros.nodes.messages.sensors import from_points, sensor_topic
from deepracer_ros.nodes.messages.stamps import to_stamp, to_step
from deepracer_ros.nodes.messages.state import from_state, state_block, trace_block
from deepracer_ros.nodes.parameters import read_config, read_place
from deepracer_ros.nodes.qos import LOCK_STEP, recorded
from deepracer_ros.nodes.timers import Increase, Rate
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.rewards.names import reward_names
from deepracer_ros.simulation.sensors import CAMERA, IN_RACE_STATE, STATE, TRACE, sensor_specs
from deepracer_ros.training.batches import capacity_bytes, check_experience
from deepracer_ros.training.recording import Command, SegmentCutter, Step
from deepracer_ros.training.sending import SegmentSender

VERSION = re.compile("[0-9]{1,8}")
"""The version of a model as the sender of a command; any other sender, as `random`, is version 0."""


class RecorderNode:
    """The recorder: it matches observations, state and commands by their stamp and appends segments to Redis.

    It publishes on `recorder/recorded` the stamp up to which everything is in Redis.

    Attributes:
        node: The ROS node.
    """

    def __init__(self) -> None:
        """Read the parameters, connect to Redis, and open the topics.

        Raises:
            InputError: on wrong parameters, or if Redis does not answer.
        """
        self.node = make_node("recorder")
        config, place = read_config(self.node), read_place(self.node)
        check_experience(config)
        self._cars, self._specs, self._terms = config.simulation.cars, sensor_specs(config), reward_names(config.reward)
        self._limit = read_vehicle().steering_limit
        tracks = config.job_tracks(place.job)
        self._tracks = len(tracks)
        self._cutter = SegmentCutter(
            tracks,
            unique_worker(f"job{place.job}"),
            config.experience.segment_steps,
            self._specs,
            self._terms,
        )
        self._writer = ExperienceWriter(
            config.experience.url, place.run, capacity_bytes(config), label=f"job {place.job}"
        )  # fmt: skip
        self._recorded = self.node.create_publisher(Time, "recorder/recorded", LOCK_STEP)
        self._sender = SegmentSender(self._writer, lambda number: self._recorded.publish(to_stamp(number)))
        self._segments, self._dropping = Rate(), Increase()
        self._inputs = Inputs(self.node)
        quality = recorded(config.window)
        self._inputs.subscribe(PointCloud2, "race/state", partial(self._take, put=self._put_state), quality)
        self._inputs.subscribe(JointState, "drive", partial(self._take, put=self._put_command), quality)
        for name in self._specs:
            if name == CAMERA:
                self._inputs.subscribe(Image, "camera/image_raw", partial(self._take, put=self._put_frames), quality)
            elif name not in IN_RACE_STATE:
                put = partial(self._put_points, name)
                self._inputs.subscribe(PointCloud2, sensor_topic(name), partial(self._take, put=put), quality)
        self._diagnostics = Diagnostics(self.node, self._report)

    @property
    def finished(self) -> bool:
        """Whether the thread that appends segments has ended, so that nothing can be recorded."""
        return self._sender.ended

    def _put_frames(self, step: Step, message: Image) -> None:
        if CAMERA not in step.observations:
            spec = self._specs[CAMERA]
            self._observe(step, CAMERA, from_image(message, spec.shape[0]))

    def _put_points(self, name: str, step: Step, message: PointCloud2) -> None:
        if name not in step.observations:
            self._observe(step, name, from_points(message, self._specs[name], name))

    def _observe(self, step: Step, name: str, array: NDArray[Any]) -> None:
        expected = (self._cars, *self._specs[name].shape)
        if array.shape != expected:
            raise MessageError(f"{name}: found {array.shape}, expected {expected}")
        step.observations[name] = array

    def _put_state(self, step: Step, message: PointCloud2) -> None:
        if step.verdict is not None:
            return
        table = from_state(message, self._terms)
        if len(table) != self._cars:
            raise MessageError(f"race/state: found {len(table)} cars, expected {self._cars}")
        if (last := int(table["track"].max())) >= self._tracks:
            raise MessageError(f"race/state: found a car on track {last}, expected 0 to {self._tracks - 1}")
        if STATE in self._specs:
            self._observe(step, STATE, state_block(table))
        if TRACE in self._specs:
            clock = to_step(message.header.stamp) * CONTROL_PERIOD
            self._observe(step, TRACE, trace_block(table, clock))
        step.verdict = table

    def _put_command(self, step: Step, message: JointState) -> None:
        if step.command is None:
            step.command = self._read_command(message)

    def _read_command(self, message: JointState) -> Command:
        version = message.header.frame_id
        return (*from_drive(message, self._cars, self._limit), int(version) if VERSION.fullmatch(version) else 0)

    def _take(self, message: Any, put: Callable[[Step, Any], None]) -> None:  # noqa: ANN401
        """Add one part to its step, unless the step has it already, and send the segments that are complete."""
        step = self._cutter.step(to_step(message.header.stamp))
        if step is None:
            return
        put(step, message)
        while (cut := self._cutter.cut()) is not None:
            number, segments = cut
            if self._sender.send(number, segments):
                self._segments.count += len(segments)
            else:
                self._writer.counts.dropped += len(segments)
        if (start := self._cutter.take_start()) is not None:
            # Earlier steps are never recorded, so the simulation must not wait for them.
            self._recorded.publish(to_stamp(start))

    def _report(self) -> Health:
        dropped = self._dropping.take(self._writer.counts.dropped)
        figures = {
            "waiting": self._sender.waiting,
            "segments_per_second": self._segments.take(),
            "segments": self._writer.counts.segments,
            "bytes": self._writer.counts.bytes,
            "full": self._writer.counts.full,
            "retries": self._writer.retries,
            "bad_messages": self._inputs.refused,
            "dropped_segments": self._writer.counts.dropped,
            "dropped_steps": self._cutter.dropped_steps,
        }
        return Health(
            error=self._inputs.take_error() or self._sender.refusal,
            warning=self._inputs.warning()
            or (f"Redis: {dropped} segments dropped in the last second" if dropped else ""),
            figures=figures,
        )

    def close(self) -> None:
        """Stop the thread that appends segments.

        Raises:
            InputError: if Redis was unreachable for too long.
        """
        self._sender.close()


def main() -> int:
    """Run the recorder until a signal, and return the exit code."""
    return run([RecorderNode])


if __name__ == "__main__":
    sys.exit(main())
