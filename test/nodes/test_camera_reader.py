# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Observations of stacked frames: as a simulation publishes them, and from the single frames of a live camera."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time

from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.nodes.camera_reader import CameraReader
from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.nodes.messages.images import to_image

NETWORK = NetworkConfig(stack_size=3)


def image(values, shape=(60, 80), seconds=10.0):
    """Return an image of frames of a shape, each with its value."""
    frames = np.stack([np.full(shape, value, np.uint8) for value in values])
    return to_image(frames, Time(sec=int(seconds), nanosec=round(seconds % 1 * 1e9)))


def test_a_simulation_publishes_the_stacks_of_all_cars():
    reader = CameraReader(2, published=3)
    seen = reader.read(image([1, 2, 3, 11, 12, 13]), NETWORK)
    assert seen.shape == (2, 180, 80)
    assert seen[:, ::60, 0].tolist() == [[1, 2, 3], [11, 12, 13]]


@pytest.mark.parametrize(
    ("message", "published"),
    [(image([1], (61, 80)), 3), (image([1], (60, 80, 3)), 3), (image([1, 2]), 2)],
    ids=["rows", "colour", "another size"],
)
def test_an_image_of_other_stacks_is_refused(message, published):
    with pytest.raises(MessageError, match=rf"found stacks of {published} frames, .*, expected 3, grey"):
        CameraReader(1, published).read(message, NETWORK)


def test_the_frames_of_a_live_camera_are_stacked_and_a_silence_begins_anew():
    reader = CameraReader(1, published=1)

    def stack(value, seconds):
        seen = reader.read(image([value], (480, 640, 3), seconds), NETWORK)
        assert seen.shape == (1, 180, 80)
        return seen[0, ::60, 0].tolist()

    assert stack(10, 5.0) == [10, 10, 10]
    assert stack(20, 5.1) == [10, 10, 20]
    assert stack(30, 5.2) == [10, 20, 30]
    assert stack(40, 5.3) == [20, 30, 40]
    assert stack(50, 9.0) == [50, 50, 50]  # after a silence
    assert stack(60, 9.1) == [50, 50, 60]
    assert stack(70, 2.0) == [70, 70, 70]  # the clock went back


def test_another_number_of_cars_begins_anew():
    reader = CameraReader(2, published=1)
    assert reader.read(image([1, 2]), NETWORK).shape == (2, 180, 80)
    odd = image([5], (61, 80))  # cannot be of two cars
    assert reader.read(odd, NETWORK)[:, ::60, 0].tolist() == [[5, 5, 5]]


def test_a_model_that_reads_other_frames_begins_anew():
    reader = CameraReader(1, published=1)
    reader.read(image([1], seconds=5.0), NETWORK)
    for number, network in enumerate(
        (NetworkConfig(stack_size=2), NetworkConfig(width=40, height=40, stack_size=2)), 1
    ):
        seen = reader.read(image([9], seconds=5.0 + 0.1 * number), network)
        assert seen.shape == (1, 2 * network.height, network.width)
        assert (seen == 9).all()


def test_single_frames_stay_as_they_are():
    seen = CameraReader(1, published=1).read(image([7], (480, 640, 3)), NetworkConfig())
    assert seen.shape == (1, 480, 640, 3)
