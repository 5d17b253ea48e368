# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import cv2
import numpy as np
import pytest

from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.frames import adapt_frames

FULL = NetworkConfig(width=160, height=120)
CAR = NetworkConfig(width=160, height=120, preprocessing="deepracer")


@pytest.fixture
def image():
    """An image of the car's camera (480, 640, 3)."""
    return np.random.default_rng(5).integers(0, 256, (480, 640, 3), np.uint8)


def test_the_two_profiles_by_hand(image):
    """Area: the mean of 4x4 pixels. Bilinear: the middle of a pixel is between the inner four of them."""
    grey = np.repeat(image[..., :1], 3, axis=2)  # luma of a grey pixel is its level
    cells = grey[..., 0].reshape(120, 4, 160, 4).astype(float)
    by_area, as_car = adapt_frames(grey[None], FULL)[0], adapt_frames(grey[None], CAR)[0]
    assert np.abs(by_area - cells.mean(axis=(1, 3))).max() <= 0.5 + 1e-9
    assert np.abs(as_car - cells[:, 1:3, :, 1:3].mean(axis=(1, 3))).max() <= 0.5 + 1e-9
    assert (by_area != as_car).any()


def test_the_car_scales_before_it_takes_the_grey(image):
    expected = cv2.cvtColor(cv2.resize(image, (160, 120), interpolation=cv2.INTER_LINEAR), cv2.COLOR_RGB2GRAY)
    assert (adapt_frames(image[None], CAR)[0] == expected).all()


def test_a_smaller_network_sees_the_area_of_the_cars_frame(image):
    small = NetworkConfig(width=80, height=60, preprocessing="deepracer")
    frame = adapt_frames(image[None], CAR)
    assert (adapt_frames(image[None], small) == adapt_frames(frame, FULL.__class__(width=80, height=60))).all()


def test_frames_of_the_simulator_are_those_of_both_profiles():
    frames = np.random.default_rng(6).integers(0, 256, (2, 120, 160), np.uint8)
    for width, height in ((160, 120), (80, 60)):
        one, other = (NetworkConfig(width=width, height=height, preprocessing=name) for name in ("area", "deepracer"))
        assert (adapt_frames(frames, one) == adapt_frames(frames, other)).all()
