# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A sensor of your own: an inertial measurement unit, registered by one line and observed through Gymnasium.

    .venv/bin/python examples/own_sensor.py

A training runs in other processes, so add the lines to `deepracer_ros/simulation/sensors.py`. Then
`--set sensors=[FRONT_FACING_CAMERA,state,IMU]` records the sensor at every step, and
`--set network.reads=[FRONT_FACING_CAMERA,IMU]` lets the policy read it.
"""

import gymnasium
import numpy as np

import deepracer_ros  # noqa: F401 - registers DeepRacer-v0
from deepracer_ros.simulation.sensors import SENSORS, SensorSpec, SensorType


def imu_spec(config):  # a `SensorType.spec`
    """Return the description of the observation: two numbers for each car."""
    return SensorSpec((2,), "<f4", "each its own", ("lateral_acceleration", "yaw_rate"))


def measure_imu(states, referee):  # a `SensorType.measure`
    """Return (N, 2) lateral acceleration, m/s², positive to the left, and yaw rate, rad/s."""
    return np.stack([states.speed * states.yaw_rate, states.yaw_rate], axis=1).astype(np.float32)


SENSORS["IMU"] = SensorType(imu_spec, measure_imu)

if __name__ == "__main__":
    environment = gymnasium.make("DeepRacer-v0", track="oval", sensors=("FRONT_FACING_CAMERA", "IMU"))
    observation, _ = environment.reset(seed=1)
    print({name: array.shape for name, array in observation.items()})
    for _ in range(15):
        observation, *_ = environment.step(np.array([0.5, 0.0], dtype=np.float32))  # half left, at medium speed
    print("to the left {:.2f} m/s², {:.2f} rad/s".format(*observation["IMU"]))
    environment.close()
