# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The kernel of the embedded simulator: it advances the cars of some heats and draws their camera images."""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled, compiled_parallel
from deepracer_ros.race.geometry import wrap_angle
from deepracer_ros.simulation.camera import render_ground, view_from
from deepracer_ros.simulation.dynamics import CarModel, Motion, advance_motion
from deepracer_ros.simulation.ground import Ground
from deepracer_ros.simulation.objects import Objects, render_objects
from deepracer_ros.simulation.randomisation import Term, add_noise, apply_tones

Floats = NDArray[np.float64]


@compiled_parallel
def run_heats(
    heats: NDArray[np.int64],
    moving: bool,
    motions: Floats,
    states: Floats,
    commands: Floats,
    model: CarModel,
    frames: NDArray[np.uint8],
    car_track: NDArray[np.int64],
    ground: Ground,
    objects: Objects,
    sky: NDArray[np.uint8],
    values: Floats,
    tones: NDArray[np.uint8],
    noise: NDArray[np.int64],
    seed: int,
    count: int,
) -> None:
    """Advance all cars of some heats and draw their camera images; heats are independent and run in parallel.

    Args:
        heats: Indices of the heats.
        moving: Whether a control period passes; otherwise the images are only drawn.
        motions: (N, fields) `Motion` of each car; updated.
        states: (7, N) rows of `CarStates`; filled.
        commands: (N, K, 2) commanded steering angle, rad, and speed, m/s, the newest first, one control period apart.
        model: The constants of the car.
        frames: (N, H, W * C) camera images; filled.
        car_track: (N,) index of each car's track.
        ground: The ground images of all tracks.
        objects: The objects on the roads, and the size and colours of the cars.
        sky: (W * C,) a row of pixels above the horizon.
        values: (N, terms) random terms of each car; columns are `Term`.
        tones: (N, C, 256) new level of each grey level; (0, C, 256) if levels do not change.
        noise: (`NOISE`,) pixel noise, grey levels; (0,) if there is no noise.
        seed: Seed of the pixel noise.
        count: Number of steps so far, which makes the noise of every frame different.
    """
    size = objects.heat
    for k in prange(len(heats)):
        cars = range(heats[k] * size, heats[k] * size + size)
        if moving:
            for car in cars:
                drive(car, motions, states, commands, values, model)
        for car in cars:
            see(car, frames[car], car_track[car], ground, objects, sky, states, values[car])
            if len(tones) > 0:
                apply_tones(frames[car], tones[car])
            if len(noise) > 0:
                add_noise(frames[car], noise, seed, car, count)


@compiled
def drive(car: int, motions: Floats, states: Floats, commands: Floats, values: Floats, model: CarModel) -> None:
    """Advance one car by one control period.

    Args:
        car: Index of the car.
        motions: (N, fields) `Motion` of each car; the car's row is updated.
        states: (7, N) rows of `CarStates`; the car's column is filled.
        commands: (N, K, 2) commanded steering angle, rad, and speed, m/s, the newest first, one control period apart.
        values: (N, terms) random terms of each car; columns are `Term`.
        model: The constants of the car.
    """
    row = motions[car]
    motion = Motion(
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11], row[12]
    )
    late = round(values[car, Term.LATENCY] / model.dt)
    oldest = commands.shape[1] - 1
    for substep in range(model.substeps):
        # The newest command that is at least as old as the latency takes effect.
        age = min(max((late - substep + model.substeps - 1) // model.substeps, 0), oldest)
        steering = commands[car, age, 0] * values[car, Term.STEERING_GAIN] + values[car, Term.STEERING_BIAS]
        speed = commands[car, age, 1] * values[car, Term.SPEED_GAIN]
        motion = advance_motion(motion, steering, speed, values[car, Term.FRICTION], model)
    for k, value in enumerate(motion):
        row[k] = value
    states[0, car] = motion.x
    states[1, car] = motion.y
    states[2, car] = wrap_angle(motion.yaw)
    states[3, car] = motion.speed
    states[4, car] = motion.lateral_speed - model.offset * motion.yaw_rate
    states[5, car] = motion.yaw_rate
    states[6, car] = motion.steering


@compiled
def see(
    car: int,
    frame: NDArray[np.uint8],
    track: int,
    ground: Ground,
    objects: Objects,
    sky: NDArray[np.uint8],
    states: Floats,
    values: Floats,
) -> None:
    """Draw the camera image of one car, without tones and noise.

    Args:
        car: Index of the car.
        frame: (H, W * C) camera image; filled.
        track: Index of the car's track.
        ground: The ground images of all tracks.
        objects: The objects on the roads, and the size and colours of the cars.
        sky: (W * C,) a row of pixels above the horizon.
        states: (7, N) rows of `CarStates`.
        values: (terms,) random terms of this car; entries are `Term`.
    """
    view = view_from(
        (states[0, car], states[1, car], states[2, car]),
        values[Term.CAMERA_X],
        values[Term.CAMERA_Z],
        values[Term.CAMERA_PITCH],
        values[Term.CAMERA_YAW],
        values[Term.CAMERA_FOV],
        frame.shape[1] // len(ground.texels),
    )
    render_ground(frame, ground, track, view, sky)
    if objects.heat > 1 or objects.poses.shape[1] > 0:
        render_objects(frame, view, objects, car, states[0], states[1], states[2])
