"""What differs from car to car and from episode to episode, so that a policy does not rely on it."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.vehicle import Vehicle
from deepracer_ros.simulation.config import DynamicsConfig, RandomisationConfig

Floats = NDArray[np.float64]

TONES = 9
"""Levels of brightness that `RandomisationConfig.colour` moves, evenly from black to white."""

NOISE = 4096
"""Length of the noise that rows of pixels start in at random; a power of two."""


class Term(IntEnum):
    """Columns of the table of what differs between cars."""

    LIGHT_GAIN = 0
    LIGHT_OFFSET = 1
    CAMERA_X = 2
    CAMERA_Z = 3
    CAMERA_PITCH = 4
    CAMERA_YAW = 5
    CAMERA_FOV = 6
    FRICTION = 7
    LATENCY = 8
    STEERING_BIAS = 9
    STEERING_GAIN = 10
    SPEED_GAIN = 11


class Randomisation:
    """Draws the terms of N cars; the same seed gives a car the same terms in the same episode.

    Attributes:
        values: (N, terms) what each car drives with; columns are `Term`.
        tones: (N, C, 256) what each level of brightness becomes; empty, (0, C, 256), if it stays as it is.
        noise: (`NOISE`,) noise of pixels, grey levels; empty if there is none.
        longest_latency: s.
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
        """Take the terms' middles from the vehicle and how far they stray from the config."""
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
        """Draw all terms of the masked (N,) cars anew."""
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
        """Return (C, 256) tones from a car's light and the (C, TONES) shifts of its colours."""
        knots = np.linspace(0.0, 255.0, TONES)
        curves = np.array([np.interp(np.arange(256.0), knots, knots + shift) for shift in shifts])
        lit = curves * values[Term.LIGHT_GAIN] + values[Term.LIGHT_OFFSET]
        return np.asarray(np.clip(np.rint(lit), 0.0, 255.0), dtype=np.uint8)


@compiled
def scramble(bits: np.uint64) -> np.uint64:
    """Return the bits in thorough disorder (SplitMix64: Steele, Lea and Flood, OOPSLA 2014)."""
    bits = np.uint64(bits + np.uint64(0x9E3779B97F4A7C15))
    bits = np.uint64((bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    bits = np.uint64((bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(bits ^ (bits >> np.uint64(31)))


@compiled
def random_bits(seed: int, car: int, count: int, item: int) -> np.uint64:
    """Return 64 random bits that depend on nothing but these four numbers."""
    bits = scramble(np.uint64(seed))
    bits = scramble(bits ^ np.uint64(car))
    bits = scramble(bits ^ np.uint64(count))
    return scramble(bits ^ np.uint64(item))


@compiled
def apply_tones(frame: NDArray[np.uint8], tones: NDArray[np.uint8]) -> None:
    """Change the levels of a frame (H, W * C) as a table (C, 256) says."""
    channels = len(tones)
    for row in range(frame.shape[0]):
        for channel in range(channels):
            for k in range(channel, frame.shape[1], channels):
                frame[row, k] = tones[channel, frame[row, k]]


@compiled
def add_noise(frame: NDArray[np.uint8], noise: NDArray[np.int64], seed: int, car: int, count: int) -> None:
    """Add noise to a frame (H, W * C), the same for the same seed, car and count of frames."""
    for row in range(frame.shape[0]):
        start = np.int64(random_bits(seed, car, count, row) & np.uint64(NOISE - 1))
        for k in range(frame.shape[1]):
            level = frame[row, k] + noise[(start + k) & (NOISE - 1)]
            frame[row, k] = np.uint8(min(max(level, 0), 255))


@compiled
def _draw_all(draws: Floats, seed: int, cars: NDArray[np.int64], episodes: NDArray[np.int64]) -> None:
    """Fill (K, items) with numbers evenly spread over [-1, 1) for the K cars."""
    for k in range(draws.shape[0]):
        for item in range(draws.shape[1]):
            bits = random_bits(seed, cars[k], episodes[cars[k]], item)
            draws[k, item] = np.float64(bits >> np.uint64(11)) * 2.0**-52 - 1.0
