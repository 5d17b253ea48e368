"""The kernel of the embedded simulator: drives all cars of some heats and draws what they see."""

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
    """Drive and draw all cars of some heats; no heat knows of another, so each is one piece of work.

    Args:
        heats: Which.
        moving: Whether a control period passes.
        motions: (N, fields) the `Motion` of each car; updated.
        states: (7, N) the rows of `CarStates`; filled.
        commands: (N, K, 2) steering and speed, the newest first, one control period apart.
        model: The car.
        frames: (N, H, W * C) filled.
        car_track: (N,) the track of each car.
        ground: Of all tracks.
        objects: On the tracks.
        sky: (W * C,) a row of pixels above the horizon.
        values: (N, terms) as of `Randomisation`.
        tones: As of `Randomisation`.
        noise: As of `Randomisation`.
        seed: Of the noise.
        count: Steps so far: no two frames have the same noise.
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
    """Advance one car by one control period; arguments as of `run_heats`."""
    row = motions[car]
    motion = Motion(
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11], row[12]
    )
    late = round(values[car, Term.LATENCY] / model.dt)
    oldest = commands.shape[1] - 1
    for substep in range(model.substeps):
        # The newest command is so many periods old that it has been under way for the latency.
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
    """Draw what one car sees.

    Args:
        car: Which.
        frame: (H, W * C) filled.
        track: Where it is.
        ground: As of `run_heats`.
        objects: As of `run_heats`.
        sky: As of `run_heats`.
        states: As of `run_heats`.
        values: (terms,) of this car.
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
