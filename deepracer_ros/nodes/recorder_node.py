"""Records what the cars saw, did and got, and appends it to Redis in segments."""

import sys
from collections.abc import Callable

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from rclpy.node import MsgType
from sensor_msgs.msg import Image, JointState, PointCloud2

from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import unique_worker
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.nodes.base import LOCK_STEP, Diagnostics, Rate, make_node, recorded, run
from deepracer_ros.nodes.messages.arrays import from_drive, from_image, from_state, to_nanoseconds, to_stamp
from deepracer_ros.nodes.parameters import read_config, read_place
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.training.batches import capacity_bytes, check_experience
from deepracer_ros.training.recording import Command, SegmentCutter, SegmentSender, Step


class RecorderNode:
    """Joins camera, state and drive by their stamp; acknowledges on `recorder/recorded` what is in Redis."""

    def __init__(self) -> None:
        """Read the parameters, connect to Redis, open the topics.

        Raises:
            InputError: on wrong parameters, or if Redis does not answer.
        """
        self.node = make_node("recorder")
        config, place = read_config(self.node), read_place(self.node)
        job = place.job
        check_experience(config)
        camera, self._cars = config.camera, config.simulation.cars
        self._frames_shape = (self._cars, camera.height, camera.width, *((3,) if camera.channels == 3 else ()))
        self._limit = read_vehicle().steering_limit
        self._cutter = SegmentCutter(
            config.job_tracks(job), unique_worker(f"job{job}"), config.experience.segment_steps
        )
        self._writer = ExperienceWriter(config.experience.url, place.run, capacity_bytes(config))
        self._recorded = self.node.create_publisher(Time, "recorder/recorded", LOCK_STEP)
        self._sender = SegmentSender(self._writer, lambda number: self._recorded.publish(to_stamp(number)))
        self._segments, self._bad, self._dropped, self._error = Rate(), 0, 0, ""
        quality = recorded(config.window)
        self.node.create_subscription(PointCloud2, "race/state", self._on_state, quality)
        self.node.create_subscription(Image, "camera/image_raw", self._on_image, quality)
        self.node.create_subscription(JointState, "drive", self._on_drive, quality)
        self._diagnostics = Diagnostics(self.node, self._report)

    @property
    def finished(self) -> bool:
        """Whether nothing can be recorded any more."""
        return self._sender.ended

    def _step_of(self, message: MsgType) -> Step | None:
        return self._cutter.step(round(to_nanoseconds(message.header.stamp) * 1e-9 / CONTROL_PERIOD))

    def _on_image(self, message: Image) -> None:
        self._take(message, "frames", self._read_frames)

    def _on_state(self, message: PointCloud2) -> None:
        self._take(message, "state", self._read_state)

    def _on_drive(self, message: JointState) -> None:
        self._take(message, "command", self._read_command)

    def _read_frames(self, message: Image) -> NDArray[np.uint8]:
        frames = from_image(message, self._frames_shape[1])
        if frames.shape != self._frames_shape:
            raise InputError(f"image: found frames {frames.shape}, expected {self._frames_shape}")
        return frames

    def _read_state(self, message: PointCloud2) -> NDArray[np.void]:
        table = from_state(message)
        if len(table) != self._cars:
            raise InputError(f"race/state: found {len(table)} cars, expected {self._cars}")
        return table

    def _read_command(self, message: JointState) -> Command:
        version = message.header.frame_id
        return (*from_drive(message, self._cars, self._limit), int(version) if version.isdecimal() else 0)

    def _take(self, message: MsgType, part: str, read: Callable[[MsgType], object]) -> None:
        """Put one part into its step, unless it is there already; then pass on what became complete."""
        step = self._step_of(message)
        if step is None or getattr(step, part) is not None:
            return
        try:
            setattr(step, part, read(message))
        except InputError as error:
            self._bad += 1
            self._error = str(error)
            return
        while (cut := self._cutter.cut()) is not None:
            number, segments = cut
            if self._sender.send(number, segments):
                self._segments.count += len(segments)
            else:
                self._dropped += len(segments)
        if (start := self._cutter.take_start()) is not None:
            # What was before is nobody's any more: the simulation must not wait for it.
            self._recorded.publish(to_stamp(start))

    def _report(self) -> dict[str, object]:
        error, self._error = self._error, ""
        return {
            "error": error or self._sender.refusal,
            "waiting": self._sender.waiting,
            "segments_per_second": self._segments.take(),
            "segments": self._writer.counts.segments,
            "bytes": self._writer.counts.bytes,
            "full": self._writer.counts.full,
            "retries": self._writer.retries,
            "bad_messages": self._bad,
            "dropped_segments": self._dropped,
            "dropped_steps": self._cutter.dropped_steps,
        }

    def close(self) -> None:
        """Stop the sender.

        Raises:
            InputError: if Redis was away for too long.
        """
        self._sender.close()


def main() -> int:
    """Run the node until a signal."""
    return run([RecorderNode])


if __name__ == "__main__":
    sys.exit(main())
