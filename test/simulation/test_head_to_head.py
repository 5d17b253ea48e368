# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Race type head_to_head, from the configuration to the crash, in both simulators."""

import numpy as np
import pytest

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.race.status import Status
from deepracer_ros.simulation.config import EnvironmentConfig
from deepracer_ros.simulation.factory import make_environment, make_evaluation

GAZEBO = pytest.param("gazebo", marks=pytest.mark.gazebo)


def configured(simulator="embedded", cars=2):
    values = {
        "camera": {"width": 80, "height": 60},
        "simulation": {"simulator": simulator},
        "race": {"type": "head_to_head", "cars": cars},
        "referee": {"start": {"spread": "even", "lateral_noise": 0.0, "heading_noise": 0.0}},
    }
    return from_mapping(EnvironmentConfig, values, "test")


@pytest.mark.parametrize("simulator", ["embedded", GAZEBO])
def test_the_cars_of_a_heat_see_each_other_and_crash(simulator):
    environment = make_environment(configured(simulator), ["oval"], 4, seed=0)
    try:
        outcome = environment.reset()
        x, y = outcome.states.x, outcome.states.y
        apart = np.hypot(x[1::2] - x[::2], y[1::2] - y[::2])
        assert ((apart > 0.9) & (apart < 1.1)).all()  # the second car of a heat is before the first
        behind, before = outcome.frames[:2].astype(int)
        assert np.abs(behind - before)[20:40, 30:50].max() > 40  # what stands in the middle of the road
        for _ in range(40):
            outcome = environment.step(np.zeros(4), np.array([1.5, 0.0, 0.0, 0.0]))
            if outcome.verdict.terminated.any():
                break
        crashed, prepared = [Status.CRASHED] * 2, [Status.IN_PROGRESS] * 2
        assert outcome.verdict.status.tolist() == crashed + prepared
    finally:
        environment.close()


def test_heats_are_whole_and_on_one_track():
    with pytest.raises(InputError, match="simulation.cars: found 4, expected a multiple of race.cars, 3"):
        make_environment(configured(cars=3), ["oval"], 4, seed=0)
    for environment, expected in (
        (make_environment(configured(), ["oval", "fast"], 6, seed=0), [0, 0, 1, 1, 0, 0]),
        (make_evaluation(configured(), ["oval", "fast"], 3), [0] * 4 + [1] * 4),
    ):
        assert environment.car_track.tolist() == expected
        environment.close()
