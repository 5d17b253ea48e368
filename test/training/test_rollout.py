# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A rollout without ROS is the same unbroken course that a recorder would cut out."""

import numpy as np

from deepracer_ros.learning.policy import RandomPolicy
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.config import CameraConfig, EnvironmentConfig
from deepracer_ros.simulation.factory import make_environment
from deepracer_ros.training.rollout import collect

CARS, STEPS = 3, 200


def test_a_rollout_has_one_segment_per_car_and_marks_what_is_no_transition():
    environment = make_environment(EnvironmentConfig(camera=CameraConfig(16, 12)), ["oval"], CARS, seed=0)
    batch = collect(environment, RandomPolicy(ActionSpaceConfig()), STEPS, np.random.default_rng(0))
    assert {name: block.shape for name, block in batch.observations.items()} == {
        "FRONT_FACING_CAMERA": (CARS, STEPS + 1, 12, 16),
        "state": (CARS, STEPS + 1, 17),
    }
    ended = batch.terminated | batch.truncated
    assert ended.any()  # random driving leaves the road
    np.testing.assert_array_equal(batch.valid[:, 1:], ~ended[:, :-1])
    assert batch.valid[:, 0].all()
    assert (batch.reward[~batch.valid] == 0.0).all()
    again = collect(
        make_environment(EnvironmentConfig(camera=CameraConfig(16, 12)), ["oval"], CARS, seed=0),
        RandomPolicy(ActionSpaceConfig()), STEPS, np.random.default_rng(0),
    )  # fmt: skip
    np.testing.assert_array_equal(again.reward, batch.reward)
