# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

from dataclasses import fields

import numpy as np
import pytest

from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.simulation.config import DynamicsConfig, RandomisationConfig
from deepracer_ros.simulation.randomisation import (
    NOISE,
    Randomisation,
    Term,
    add_noise,
    apply_tones,
    random_bits,
    scramble,
)

EVERYTHING = RandomisationConfig(
    light_gain=0.2,
    light_offset=10.0,
    colour=20.0,
    camera_x=0.01,
    camera_z=0.01,
    camera_pitch=0.03,
    camera_yaw=0.03,
    camera_fov=0.05,
    friction=0.3,
    latency=0.1,
    steering_bias=0.02,
    steering_gain=0.1,
    speed_gain=0.1,
    pixel_noise=4.0,
)


def draws(config=EVERYTHING, seed=1, cars=500, channels=1):
    drawn = Randomisation(config, read_vehicle(), DynamicsConfig(), cars, channels, seed)
    drawn.draw(np.ones(cars, bool))
    return drawn


def test_without_terms_every_car_is_the_urdfs():
    car, plain = read_vehicle(), draws(RandomisationConfig())
    assert len(plain.tones) == len(plain.noise) == 0
    assert (plain.values == plain.values[0]).all()
    assert plain.values[0, Term.FRICTION] == car.friction
    assert plain.values[0, Term.CAMERA_PITCH] == car.camera_pitch
    assert plain.values[0, Term.STEERING_GAIN] == 1.0
    assert plain.values[0, Term.LATENCY] == 0.0


def test_terms_fill_their_ranges_evenly():
    car, values = read_vehicle(), draws().values
    for term, low, high in (
        (Term.FRICTION, 0.7 * car.friction, 1.3 * car.friction),
        (Term.LATENCY, 0.0, 0.1),
        (Term.CAMERA_PITCH, car.camera_pitch - 0.03, car.camera_pitch + 0.03),
        (Term.SPEED_GAIN, 0.9, 1.1),
    ):
        column = values[:, term]
        assert low <= column.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < column.max() <= high
        assert column.mean() == pytest.approx((low + high) / 2, abs=0.05 * (high - low))
    assert abs(np.corrcoef(values.T) - np.eye(len(Term))).max() < 0.2


def test_each_term_alone_changes_its_column_alone():
    for item in fields(RandomisationConfig):
        if item.name in ("colour", "pixel_noise"):
            continue
        values = draws(RandomisationConfig(**{item.name: 0.05}), cars=5).values
        changed = (values != values[0]).any(axis=0)
        assert np.flatnonzero(changed).tolist() == [Term[item.name.upper()]]


def test_only_the_masked_cars_are_drawn_anew():
    drawn = draws(cars=3)
    before = drawn.values.copy()
    drawn.draw(np.array([False, True, False]))
    assert (drawn.values[[0, 2]] == before[[0, 2]]).all()
    assert (drawn.values[1] != before[1]).all()


def test_a_cars_draws_depend_on_seed_car_and_episode_alone():
    few, many = draws(cars=2), draws(cars=7)
    assert np.array_equal(few.values, many.values[:2])
    assert np.array_equal(few.tones, many.tones[:2])
    assert (draws(cars=2, seed=2).values != few.values).all()


def test_tones_are_the_identity_moved_by_light_and_colour():
    bright = draws(RandomisationConfig(light_offset=10.0), cars=20, channels=3)
    offset = bright.values[:, Term.LIGHT_OFFSET]
    expected = np.clip(np.rint(np.arange(256) + offset[:, None]), 0, 255)
    assert np.array_equal(bright.tones, np.repeat(expected[:, None], 3, axis=1))
    coloured = draws(RandomisationConfig(colour=20.0), cars=20, channels=3).tones.astype(int)
    assert abs(coloured - np.arange(256)).max() <= 20
    assert (coloured[:, 0] != coloured[:, 1]).any()


def test_tones_are_applied_per_channel():
    frame = np.array([[0, 1, 2, 3, 4, 5]], np.uint8)
    tones = np.stack([np.full(256, 7), np.arange(256), np.arange(256)[::-1]]).astype(np.uint8)
    apply_tones(frame, tones)
    assert frame.tolist() == [[7, 1, 253, 7, 4, 250]]


def test_noise_has_its_deviation_and_no_two_frames_share_it():
    noise = draws().noise
    assert len(noise) == NOISE
    frames = np.full((3, 120, 160), 128, np.uint8)
    for frame, (car, count) in zip(frames, ((0, 0), (0, 1), (1, 0)), strict=True):
        add_noise(frame, noise, 5, car, count)
    assert frames.std(axis=(1, 2)) == pytest.approx(4.0, rel=0.05)
    assert frames.mean() == pytest.approx(128.0, abs=0.2)
    assert (frames[0] != frames[1]).mean() > 0.8
    assert (frames[0] != frames[2]).mean() > 0.8


def test_random_bits_are_fair_and_differ():
    bits = np.array([random_bits(3, car, 1, item) for car in range(50) for item in range(50)], dtype=np.uint64)
    ones = np.unpackbits(bits.view(np.uint8)).mean()
    assert ones == pytest.approx(0.5, abs=0.01)
    assert len(set(bits.tolist())) == 2500


def test_the_generator_is_splitmix64():
    assert scramble(np.uint64(0)) == 0xE220A8397B1DCDAF


@pytest.mark.parametrize("term", [{"friction": 1.0}, {"latency": -0.1}, {"light_gain": 1.5}])
def test_impossible_ranges_are_refused(term):
    with pytest.raises(ValueError, match=next(iter(term))):
        RandomisationConfig(**term)
