# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Domain randomisation: terms that differ between cars and episodes, so that a policy does not rely on them."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.vehicle import Vehicle
from deepracer_ros.simulation.config import DynamicsConfig, RandomisationConfig

Floats = NDArray[np.float64]

TONES = 9
"""Number of tones that `RandomisationConfig.colour` shifts, evenly spaced from black to white."""

NOISE = 4096
"""Length of the table of pixel noise, a power of two; every row of pixels begins at a random entry."""


class Term(IntEnum):
    """Columns of the table of random terms, `Randomisation.values`."""

    LIGHT_GAIN = 0
    """Factor of the image's brightness."""
    LIGHT_OFFSET = 1
    """Shift of the image's brightness, levels."""
    CAMERA_X = 2
    """Distance from base_link forward to the camera, m."""
    CAMERA_Z = 3
    """Height of the camera above the ground, m."""
    CAMERA_PITCH = 4
    """Angle of the optical axis below the horizontal, rad."""
    CAMERA_YAW = 5
    """Angle of the optical axis to the left of the car's x axis, rad."""
    CAMERA_FOV = 6
    """Horizontal field of view, rad."""
    FRICTION = 7
    """Coefficient of friction between tyres and road."""
    LATENCY = 8
    """Time from a camera frame until the command that answers it takes effect, s."""
    STEERING_BIAS = 9
    """Constant error of the steering angle, rad, + left."""
    STEERING_GAIN = 10
    """Factor of the commanded steering angle."""
    SPEED_GAIN = 11
    """Factor of the commanded speed."""


class Randomisation:
    """Draws the random terms of N cars; a car's terms depend only on the seed, its index and its episode.

    Attributes:
        values: (N, terms) current terms of each car; columns are `Term`.
        tones: (N, C, 256) new level of each grey level; (0, C, 256) if levels do not change.
        noise: (`NOISE`,) pixel noise, grey levels; (0,) if there is no noise.
        longest_latency: Largest possible latency, s.
    """

    def __init__(
        self,
        config: RandomisationConfig,
        vehicle: Vehicle,
        dynamics: DynamicsConfig,
        cars: int,
        channels: int,
        seed: int,
    ) -> None:
        """Set the mean of each term from the car and its largest deviation from the configuration.

        Args:
            config: Largest deviations of the terms.
            vehicle: The car, with the means of camera pose and friction.
            dynamics: Parameters of the car's motion, with the smallest latency.
            cars: Number of cars, N.
            channels: Number of colour channels of the camera, C.
            seed: Seed of all random numbers.
        """
        middle_and_spread = {
            Term.LIGHT_GAIN: (1.0, config.light_gain),
            Term.LIGHT_OFFSET: (0.0, config.light_offset),
            Term.CAMERA_X: (vehicle.camera_x, config.camera_x),
            Term.CAMERA_Z: (vehicle.camera_z, config.camera_z),
            Term.CAMERA_PITCH: (vehicle.camera_pitch, config.camera_pitch),
            Term.CAMERA_YAW: (0.0, config.camera_yaw),
            Term.CAMERA_FOV: (vehicle.camera_fov, config.camera_fov * vehicle.camera_fov),
            Term.FRICTION: (vehicle.friction, config.friction * vehicle.friction),
            Term.LATENCY: (dynamics.latency + 0.5 * config.latency, 0.5 * config.latency),
            Term.STEERING_BIAS: (0.0, config.steering_bias),
            Term.STEERING_GAIN: (1.0, config.steering_gain),
            Term.SPEED_GAIN: (1.0, config.speed_gain),
        }
        self._middle, self._spread = np.array([middle_and_spread[term] for term in Term]).T
        self._colour = config.colour
        self._seed = seed
        self._episodes = np.zeros(cars, dtype=np.int64)
        self.values = np.tile(self._middle, (cars, 1))
        self.longest_latency = dynamics.latency + config.latency
        shaded = config.light_gain > 0.0 or config.light_offset > 0.0 or config.colour > 0.0
        self.tones = np.zeros((cars if shaded else 0, channels, 256), dtype=np.uint8)
        normal = np.random.default_rng(seed).normal(0.0, config.pixel_noise, NOISE if config.pixel_noise > 0.0 else 0)
        self.noise = np.rint(normal).astype(np.int64)

    def draw(self, mask: NDArray[np.bool_]) -> None:
        """Draw all terms anew for the cars for which `mask` (N,) is True."""
        cars = np.flatnonzero(mask)
        self._episodes[cars] += 1
        if not self._spread.any() and not len(self.tones):
            return
        draws = np.empty((len(cars), len(Term) + self.tones.shape[1] * TONES))
        _draw_all(draws, self._seed, cars, self._episodes)
        self.values[cars] = self._middle + self._spread * draws[:, : len(Term)]
        if len(self.tones):
            shifts = self._colour * draws[:, len(Term) :].reshape(len(cars), -1, TONES)
            for car, shift in zip(cars, shifts, strict=True):
                self.tones[car] = self._shade(self.values[car], shift)

    def _shade(self, values: Floats, shifts: Floats) -> NDArray[np.uint8]:
        """Return the tones (C, 256) of a car from its terms and the shifts (C, TONES) of its colours."""
        knots = np.linspace(0.0, 255.0, TONES)
        curves = np.array([np.interp(np.arange(256.0), knots, knots + shift) for shift in shifts])
        lit = curves * values[Term.LIGHT_GAIN] + values[Term.LIGHT_OFFSET]
        return np.asarray(np.clip(np.rint(lit), 0.0, 255.0), dtype=np.uint8)


@compiled
def scramble(bits: np.uint64) -> np.uint64:
    """Return a 64-bit hash of 64 bits by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    bits = np.uint64(bits + np.uint64(0x9E3779B97F4A7C15))
    bits = np.uint64((bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    bits = np.uint64((bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(bits ^ (bits >> np.uint64(31)))


@compiled
def random_bits(seed: int, car: int, count: int, item: int) -> np.uint64:
    """Return 64 pseudo-random bits, a function of seed, car, count (of frames or episodes) and item only."""
    bits = scramble(np.uint64(seed))
    bits = scramble(bits ^ np.uint64(car))
    bits = scramble(bits ^ np.uint64(count))
    return scramble(bits ^ np.uint64(item))


@compiled
def apply_tones(frame: NDArray[np.uint8], tones: NDArray[np.uint8]) -> None:
    """Replace the levels of a frame (H, W * C) in place by those of a lookup table (C, 256)."""
    channels = len(tones)
    for row in range(frame.shape[0]):
        for channel in range(channels):
            for k in range(channel, frame.shape[1], channels):
                frame[row, k] = tones[channel, frame[row, k]]


@compiled
def add_noise(frame: NDArray[np.uint8], noise: NDArray[np.int64], seed: int, car: int, count: int) -> None:
    """Add noise to a frame (H, W * C) in place; the noise depends only on seed, car and count of frames.

    Args:
        frame: (H, W * C) camera image; updated.
        noise: (`NOISE`,) table of pixel noise, grey levels.
        seed: Seed of the noise.
        car: Index of the car.
        count: Number of the frame.
    """
    for row in range(frame.shape[0]):
        start = np.int64(random_bits(seed, car, count, row) & np.uint64(NOISE - 1))
        for k in range(frame.shape[1]):
            level = frame[row, k] + noise[(start + k) & (NOISE - 1)]
            frame[row, k] = np.uint8(min(max(level, 0), 255))


@compiled
def _draw_all(draws: Floats, seed: int, cars: NDArray[np.int64], episodes: NDArray[np.int64]) -> None:
    """Fill `draws` (K, items) with uniform random numbers in [-1, 1) for K cars."""
    for k in range(draws.shape[0]):
        for item in range(draws.shape[1]):
            bits = random_bits(seed, cars[k], episodes[cars[k]], item)
            draws[k, item] = np.float64(bits >> np.uint64(11)) * 2.0**-52 - 1.0
