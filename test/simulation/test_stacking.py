# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Stacked frames: the last ones of each car, the newest at the bottom, and a start without a past."""

import numpy as np
import pytest

from deepracer_ros.race.status import Status
from deepracer_ros.simulation.config import CameraConfig, EnvironmentConfig
from deepracer_ros.simulation.factory import make_environment
from deepracer_ros.simulation.sensors import CAMERA, sensor_specs
from deepracer_ros.simulation.stacking import FrameStack


def frames(*values):
    """Return a frame of 2 x 1 pixels per car, each pixel with the car's value."""
    return np.array(values, np.uint8)[:, None, None].repeat(2, axis=1)


def test_the_newest_frame_is_at_the_bottom_and_the_oldest_one_goes():
    stack = FrameStack(2, (2, 1), 3)
    stack.fill(np.array([True, True]), frames(1, 101))
    assert stack.stacks[..., 0].tolist() == [[1] * 6, [101] * 6]
    for values in ((2, 102), (3, 103), (4, 104)):
        stack.push(frames(*values))
    assert stack.stacks[..., 0].tolist() == [[2, 2, 3, 3, 4, 4], [102, 102, 103, 103, 104, 104]]
    stack.fill(np.array([False, True]), frames(9, 109))
    assert stack.stacks[..., 0].tolist() == [[2, 2, 3, 3, 4, 4], [109] * 6]


@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_an_environment_stacks_what_it_shows_without_stacks(colour):
    def drive(stack_size):
        config = EnvironmentConfig(camera=CameraConfig(40, 30, colour, stack_size))
        environment = make_environment(config, ["oval"], 3, 5, threads=1)
        assert environment.sensors[CAMERA] == sensor_specs(config)[CAMERA]
        outcomes = [environment.reset()]
        seen = [outcomes[0].frames.copy()]
        for step in range(60):
            outcome = environment.step(np.array([0.0, 0.5, -0.5]), np.full(3, 1.0 + 0.01 * step))
            seen.append(outcome.frames.copy())
            outcomes.append(outcome)
            status.append(outcome.verdict.status.copy())
        environment.close()
        return np.stack(seen)

    status = []
    single, stacked = drive(1), drive(3)
    begins = np.stack([np.full(3, Status.PREPARE), *status[:60]]) == Status.PREPARE
    assert begins[1:].any()  # a car has begun anew
    first = np.maximum.accumulate(np.where(begins, np.arange(61)[:, None], 0), axis=0)
    for age in range(3):
        at = np.maximum(np.arange(61)[:, None] - age, first)
        expected = np.stack([single[at[:, car], car] for car in range(3)], axis=1)
        bottom = 90 - 30 * age
        assert np.array_equal(stacked[:, :, bottom - 30 : bottom], expected)
