# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import os
import subprocess
import sys

import numpy as np
import pytest

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.obstacle import shape_of
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.config import CameraConfig, DynamicsConfig, RandomisationConfig
from deepracer_ros.simulation.embedded import EmbeddedSimulator
from deepracer_ros.simulation.sensors import CAMERA as CAMERA_NAME
from deepracer_ros.simulation.sensors import SensorSpec
from deepracer_ros.simulation.simulator import Simulator

CAMERA = CameraConfig(64, 48)
EVERYTHING = RandomisationConfig(
    light_gain=0.2, colour=20.0, camera_pitch=0.03, friction=0.3, latency=0.1, steering_gain=0.1, pixel_noise=4.0
)


def ring(name, radius, width=0.8):
    """A circular track round the origin, anticlockwise from (radius, 0)."""
    angle = np.linspace(0.0, 2.0 * np.pi, 61)
    radii = [radius, radius - width / 2, radius + width / 2]
    return Track.from_route(name, np.hstack([np.c_[r * np.cos(angle), r * np.sin(angle)] for r in radii]))


SMALL, LARGE = ring("small", 1.5), ring("large", 2.5)


def spread(tracks, car_track):
    """Poses evenly over each car's track."""
    station = np.linspace(0.0, 1.0, len(car_track), endpoint=False)
    return np.array([tracks[t].pose_at([s * tracks[t].length])[0] for s, t in zip(station, car_track, strict=True)])


def started(tracks, car_track, **settings):
    simulator = EmbeddedSimulator(tracks, car_track, settings.pop("camera", CAMERA), **settings)
    frames, states = reset(simulator, np.ones(len(car_track), bool), spread(tracks, car_track))
    return simulator, frames, states


def reset(simulator, mask, poses):
    """The frames and states of a reset."""
    observations, states = simulator.reset(mask, poses)
    return observations[CAMERA_NAME], states


def step(simulator, steering, speed):
    """The frames and states of a step."""
    observations, states = simulator.step(steering, speed)
    return observations[CAMERA_NAME], states


def drive(simulator, steps, seed=0):
    """All frames and positions of a drive with random commands."""
    random = np.random.default_rng(seed)
    seen = []
    for _ in range(steps):
        frames, states = step(
            simulator, random.uniform(-0.5, 0.5, simulator.cars), random.uniform(0, 3, simulator.cars)
        )
        seen.append((frames.copy(), np.array([states.x, states.y, states.yaw])))
    frames, states = zip(*seen, strict=True)
    return np.array(frames), np.array(states)


def test_it_is_a_simulator_with_the_frames_of_its_camera():
    simulator, frames, states = started([SMALL], [0, 0])
    assert isinstance(simulator, Simulator)
    assert simulator.sensors == {CAMERA_NAME: SensorSpec((48, 64), "|u1", "levels")}
    assert frames.shape == (2, 48, 64)
    assert frames.dtype == np.uint8
    assert np.stack([states.x, states.y, states.yaw], 1) == pytest.approx(spread([SMALL], [0, 0]))
    assert started([SMALL], [0], camera=CameraConfig(64, 48, "rgb"))[1].shape == (1, 48, 64, 3)


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads():
    cars = [0, 1] * 4
    runs = [
        drive(started([SMALL, LARGE], cars, randomisation=EVERYTHING, seed=seed, threads=threads)[0], 10)
        for seed, threads in ((3, 1), (3, 2), (4, 1))
    ]
    assert np.array_equal(runs[0][0], runs[1][0])
    assert np.array_equal(runs[0][1], runs[1][1])
    assert (runs[0][0] != runs[2][0]).any(axis=(0, 2, 3)).all()
    assert (runs[0][1] != runs[2][1]).any(axis=(0, 1)).all()


def test_several_tracks_in_one_call_give_what_each_gives_alone():
    both, frames, _ = started([SMALL, LARGE], [0, 1])
    alone, small_frames, _ = started([SMALL], [0])
    assert np.array_equal(frames[0], small_frames[0])
    pose = spread([SMALL, LARGE], [0, 1])[1:]
    other = EmbeddedSimulator([LARGE], [0], CAMERA)
    large_frames, _ = reset(other, np.ones(1, bool), pose)
    assert np.array_equal(frames[1], large_frames[0])
    for _ in range(5):
        frames, _ = step(both, np.array([0.2, 0.2]), np.array([1.0, 1.0]))
        for one, simulator in enumerate((alone, other)):
            assert np.array_equal(frames[one], step(simulator, np.array([0.2]), np.array([1.0]))[0][0])


def test_a_reset_moves_and_redraws_the_masked_cars_alone():
    simulator, frames, _ = started([SMALL], [0, 0, 0])
    drive(simulator, 5)
    before = frames.copy()
    poses = spread([SMALL], [0, 0, 0])
    frames, states = reset(simulator, np.array([False, True, False]), poses)
    assert (frames[[0, 2]] == before[[0, 2]]).all()
    assert (frames[1] != before[1]).any()
    assert (states.x[1], states.y[1], states.yaw[1], states.speed[1]) == (*poses[1], 0.0)
    assert states.speed[0] > 0.0


def test_yaw_is_given_within_half_a_turn():
    simulator, _, states = started([SMALL], [0])
    _, states = reset(simulator, np.ones(1, bool), np.array([[0.0, 0.0, 3.5 * np.pi]]))
    assert states.yaw[0] == pytest.approx(-0.5 * np.pi)
    for _ in range(200):
        _, states = step(simulator, np.array([0.5]), np.array([1.0]))
        assert -np.pi <= states.yaw[0] < np.pi


def test_speed_is_what_the_positions_say():
    simulator, _, states = started([SMALL], [0])
    for _ in range(30):
        before = np.array([states.x[0], states.y[0]])
        _, states = step(simulator, np.array([0.3]), np.array([1.0]))
    moved = np.hypot(*(np.array([states.x[0], states.y[0]]) - before))
    assert np.hypot(states.speed[0], states.lateral_speed[0]) * CONTROL_PERIOD == pytest.approx(moved, rel=0.01)


@pytest.mark.parametrize("periods", [1, 2])
def test_latency_delays_the_drive_by_that_time(periods):
    prompt, _, _ = started([SMALL], [0])
    late, _, _ = started([SMALL], [0], dynamics=DynamicsConfig(latency=periods * CONTROL_PERIOD))
    prompt_drive, late_drive = drive(prompt, 10)[1], drive(late, 10)[1]
    assert (late_drive[:periods] == late_drive[0]).all()
    assert np.array_equal(late_drive[periods:], prompt_drive[:-periods])


def test_latency_may_end_within_a_control_period():
    late, _, _ = started([SMALL], [0], dynamics=DynamicsConfig(latency=0.5 * CONTROL_PERIOD))
    prompt, _, _ = started([SMALL], [0])
    speeds = [step(simulator, np.array([0.0]), np.array([3.0]))[1].speed[0] for simulator in (late, prompt)]
    assert 0.0 < speeds[0] == pytest.approx(0.5 * speeds[1], rel=0.1)


def test_a_car_sees_a_box_before_it_and_the_other_car_of_its_heat():
    alone, frames, _ = started([SMALL], [0, 0])
    empty = frames.copy()
    poses = SMALL.pose_at([0.0, 0.5])
    boxed, _, _ = started([SMALL], [0, 0], objects=np.tile(SMALL.pose_at([1.0]), (2, 1, 1)))
    heat, _, _ = started([SMALL], [0, 0], cars_per_heat=2)
    empty, with_box, with_car = (reset(s, np.ones(2, bool), poses)[0].copy() for s in (alone, boxed, heat))
    assert (with_box != empty).any(axis=(1, 2)).all()
    assert (with_car != empty).any(axis=(1, 2)).tolist() == [True, False]


def test_each_car_sees_the_objects_of_its_own_road_where_they_are_now():
    objects = np.tile(SMALL.pose_at([1.0]), (2, 1, 1))
    objects[1] = SMALL.pose_at([5.0])
    poses, everyone = SMALL.pose_at([0.0, 0.0]), np.ones(2, bool)
    simulator, _, _ = started([SMALL], [0, 0], objects=objects)
    empty, _, _ = started([SMALL], [0, 0])
    nothing = reset(empty, everyone, poses)[0].copy()
    assert (reset(simulator, everyone, poses)[0] != nothing).any(axis=(1, 2)).tolist() == [True, False]
    objects[:] = objects[::-1].copy()
    assert (reset(simulator, everyone, poses)[0] != nothing).any(axis=(1, 2)).tolist() == [False, True]


def test_a_parked_car_is_lower_than_a_box():
    rows = {}
    for kind in ("box", "car"):
        objects, shape = np.tile(SMALL.pose_at([1.5]), (1, 1, 1)), shape_of(kind)
        simulator, _, _ = started([SMALL], [0], objects=objects, object_shape=shape)
        frames, _ = reset(simulator, np.ones(1, bool), SMALL.pose_at([0.0]))
        empty, _ = reset(started([SMALL], [0])[0], np.ones(1, bool), SMALL.pose_at([0.0]))
        rows[kind] = np.flatnonzero((frames[0] != empty[0]).any(axis=1))
    assert rows["box"][0] < rows["car"][0]


def test_a_reset_of_one_car_redraws_what_its_heat_sees():
    simulator, frames, _ = started([SMALL], [0] * 4, cars_per_heat=2)
    poses = np.vstack([SMALL.pose_at([0.0, 0.6]), SMALL.pose_at([5.0, 8.0])])
    before = reset(simulator, np.ones(4, bool), poses)[0].copy()
    poses[1] = SMALL.pose_at([3.0])[0]
    after, _ = reset(simulator, np.array([False, True, False, False]), poses)
    assert (after != before).any(axis=(1, 2)).tolist() == [True, True, False, False]


def test_a_command_that_is_no_number_is_refused():
    simulator, _, _ = started([SMALL], [0])
    with pytest.raises(ValueError, match="not finite"):
        step(simulator, np.array([np.nan]), np.array([1.0]))


@pytest.mark.parametrize(("car_track", "heat"), [([0, 0, 0], 2), ([0, 1], 2), ([0], 0)])
def test_cars_that_make_no_heats_are_refused(car_track, heat):
    with pytest.raises(ValueError, match="cars_per_heat"):
        EmbeddedSimulator([SMALL, LARGE], car_track, CAMERA, cars_per_heat=heat)


@pytest.mark.parametrize("layer", ["default", "workqueue"])
def test_simulators_may_run_in_several_python_threads(layer):
    code = """
import sys
import numpy as np
from concurrent.futures import ThreadPoolExecutor
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.embedded import EmbeddedSimulator
from deepracer_ros.simulation.sensors import CAMERA

track = find_track("oval")

def drive(seed):
    simulator = EmbeddedSimulator([track], [0] * 8, CameraConfig(64, 48), seed=seed, threads=2)
    observations, _ = simulator.reset(np.ones(8, bool), np.zeros((8, 3)))
    for _ in range(200):
        observations, _ = simulator.step(np.full(8, 0.1), np.full(8, 1.0))
    return observations[CAMERA].copy()

with ThreadPoolExecutor(2) as pool:
    first, second = pool.map(drive, (0, 1))
assert np.array_equal(first, second)
"""
    environment = os.environ | {"NUMBA_THREADING_LAYER": layer}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50, env=environment)


def test_the_sky_has_the_background_of_gazebos_worlds():
    """RGB 0.62, 0.72, 0.82 of 255, which a Gazebo camera shows as (158, 184, 209)."""
    simulator = EmbeddedSimulator([find_track("oval")], [0], CameraConfig(80, 60, "rgb"))
    observations, _ = simulator.reset(np.array([True]), np.zeros((1, 3)))
    np.testing.assert_array_equal(observations["FRONT_FACING_CAMERA"][0, 0, 0], [158, 184, 209])
