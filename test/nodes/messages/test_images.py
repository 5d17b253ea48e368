# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Messages carry arrays bit for bit, and what is malformed is one clear line."""

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image, JointState, PointCloud2

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.messages.drive import from_drive, to_drive
from deepracer_ros.nodes.messages.images import from_image, to_image
from deepracer_ros.nodes.messages.sensors import from_points, to_points
from deepracer_ros.nodes.messages.stamps import to_nanoseconds, to_stamp, to_step
from deepracer_ros.nodes.messages.state import from_state, state_type
from deepracer_ros.simulation.sensors import SensorSpec

LIMIT = float(np.radians(30))


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 3), (1, 4, 5)])
def test_stacked_frames_come_back(shape: tuple[int, ...]) -> None:
    frames = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    message = deserialize_message(serialize_message(to_image(frames, to_stamp(7))), Image)
    assert (message.height, message.width) == (shape[0] * 4, 5)
    np.testing.assert_array_equal(from_image(message, 4), frames)


def test_a_camera_of_another_height_is_one_frame_and_bgr_becomes_rgb() -> None:
    message = to_image(np.arange(30, dtype=np.uint8).reshape(1, 5, 2, 3), to_stamp(0))
    assert from_image(message, 60).shape == (1, 5, 2, 3)
    message.encoding = "bgr8"
    np.testing.assert_array_equal(from_image(message, 5)[0, 0, 0], [2, 1, 0])


def test_bad_images_are_named() -> None:
    message = to_image(np.zeros((1, 4, 5), np.uint8), to_stamp(0))
    message.encoding = "16UC1"
    message.encoding, message.height = "mono8", 9
    with pytest.raises(InputError, match="found 20 bytes"):
        from_image(message, 4)


def test_stamps_are_exact_steps_of_a_fifteenth_of_a_second() -> None:
    assert [to_nanoseconds(to_stamp(step)) for step in (0, 1, 15, 16)] == [0, 66666667, 1000000000, 1066666667]
    assert [to_step(to_stamp(step)) for step in range(1000)] == list(range(1000))


def test_drive_carries_commands_bit_for_bit() -> None:
    steering, speed = np.array([0.1, -LIMIT]), np.array([1 / 3, 4.0])
    sent = to_drive(steering, speed, np.array([-0.5, 0.25], np.float32), ["a", "b"], "12", to_stamp(3))
    got = deserialize_message(serialize_message(sent), JointState)
    for sent_array, got_array in zip((steering, speed, [-0.5, 0.25]), from_drive(got, 2, LIMIT), strict=True):
        np.testing.assert_array_equal(got_array, sent_array)
    assert got.header.frame_id == "12"


@pytest.mark.parametrize(
    ("steering", "speed", "message"),
    [([np.nan], [1.0], "NaN"), ([0.0], [np.inf], "NaN or infinity"), ([0.6], [1.0], "34.4 degrees"),
     ([0.0], [9.0], "9.00 m/s"), ([0.0, 0.0], [1.0, 1.0], "expected 1")],
)  # fmt: skip
def test_unsafe_drives_are_refused(steering: list[float], speed: list[float], message: str) -> None:
    drive = to_drive(np.array(steering), np.array(speed), np.zeros(len(speed), np.float32), [], "1", to_stamp(0))
    with pytest.raises(InputError, match=message):
        from_drive(drive, 1, LIMIT)


def test_state_of_another_layout_is_refused() -> None:
    with pytest.raises(InputError, match=f"expected 2 of {state_type(('progress',)).itemsize}"):
        from_state(PointCloud2(width=2, point_step=16), ("progress",))


@pytest.mark.parametrize(("shape", "dtype"), [((8,), "<f4"), ((2, 3), "|u1"), ((), "<u2")])
def test_observations_of_any_sensor_come_back(shape: tuple[int, ...], dtype: str) -> None:
    spec = SensorSpec(shape, dtype, "m")
    sent = np.random.default_rng(0).integers(0, 200, (3, *shape)).astype(dtype)
    message = deserialize_message(serialize_message(to_points(sent, spec, to_stamp(4))), PointCloud2)
    np.testing.assert_array_equal(from_points(message, spec, "LIDAR"), sent)
    with pytest.raises(InputError, match="sensors/lidar: found"):
        from_points(message, SensorSpec((*shape, 2), dtype, "m"), "LIDAR")
    with pytest.raises(InputError, match="sensors/lidar: found"):
        from_points(message, SensorSpec(shape, "<f8", "m"), "LIDAR")
