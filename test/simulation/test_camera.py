# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

from math import atan, atan2, cos, sin, tan

import numpy as np
import pytest

from deepracer_ros.simulation.camera import ground_line, render_ground, view_from
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.ground import flatten_ground
from deepracer_ros.worlds.texture import TrackImage

PITCH, HEIGHT, AHEAD, FOV = 0.2618, 0.143, 0.137, 1.13
SKY = np.array([178], np.uint8)


def pinhole(pose, row, column, width, height):
    """Where a pixel's ray meets the ground, by rotation matrices."""
    x, y, yaw = pose
    focal = 0.5 * width / tan(0.5 * FOV)
    ray = np.array([1.0, -(column + 0.5 - width / 2) / focal, -(row + 0.5 - height / 2) / focal])
    about_y = np.array([[cos(PITCH), 0, sin(PITCH)], [0, 1, 0], [-sin(PITCH), 0, cos(PITCH)]])
    about_z = np.array([[cos(yaw), -sin(yaw), 0], [sin(yaw), cos(yaw), 0], [0, 0, 1]])
    ray = about_z @ about_y @ ray
    eye = np.array([x, y, 0.0]) + about_z @ [AHEAD, 0.0, HEIGHT]
    return (eye - ray * eye[2] / ray[2])[:2]


def view(pose=(0.0, 0.0, 0.0), width=160, yaw=0.0):
    return view_from(pose, AHEAD, HEIGHT, PITCH, yaw, FOV, width)


def draw(rgb, origin, resolution=0.005, pose=(0.0, 0.0, 0.0), width=160, height=120, grey=True):
    """What a camera sees of a picture of the ground."""
    ground = flatten_ground([TrackImage(rgb, origin, resolution)], grey)
    channels = 1 if grey else 3
    frame = np.zeros((height, width * channels), np.uint8)
    render_ground(frame, ground, 0, view(pose, width), np.repeat(SKY, width * channels))
    return frame.reshape(height, width, channels)


@pytest.mark.parametrize("pose", [(0.0, 0.0, 0.0), (1.0, -2.0, 2.5)])
@pytest.mark.parametrize(("row", "column"), [(40, 0), (60, 80), (119, 159)])
def test_a_pixel_meets_the_ground_where_the_pinhole_formula_says(pose, row, column):
    camera = view(pose)
    x, y, step_x, step_y = ground_line(camera, (row + 0.5 - 60) / camera.focal, 160)
    assert (x + column * step_x, y + column * step_y) == pytest.approx(pinhole(pose, row, column, 160, 120))


def test_a_camera_turned_to_the_left_sees_as_a_car_turned_to_the_left_from_its_place():
    turned = view((0.0, 0.0, 0.0), yaw=0.3)
    car = view((AHEAD - AHEAD * cos(0.3), -AHEAD * sin(0.3), 0.3))
    assert turned == pytest.approx(car)


@pytest.mark.parametrize(("width", "height"), [(160, 120), (80, 60), (640, 480)])
@pytest.mark.parametrize("distance", [0.4, 0.8, 2.0])
def test_a_white_line_across_the_road_appears_in_the_right_row(distance, width, height):
    rgb = np.zeros((800, 800, 3), np.uint8)
    middle = round((1.0 + AHEAD + distance) / 0.005)
    rgb[:, middle - 4 : middle + 4] = 255
    frame = draw(rgb, (-1.0, -2.0), width=width, height=height)[:, :, 0].astype(float)
    frame[frame == SKY[0]] = 0.0
    brightness = frame[:, width // 2 - 5 : width // 2 + 5].mean(axis=1)
    seen = (np.arange(height) + 0.5) @ brightness / brightness.sum()
    focal = 0.5 * width / tan(0.5 * FOV)
    assert seen == pytest.approx(0.5 * height + focal * tan(atan2(HEIGHT, distance) - PITCH), abs=0.8 * width / 160)


def test_what_lies_to_the_left_appears_to_the_left():
    rgb = np.zeros((800, 800, 3), np.uint8)
    rgb[400:] = 255
    frame = draw(rgb, (-1.0, -2.0))[:, :, 0]
    assert (frame[60:, :78] == 255).all()
    assert (frame[60:, 82:] == 0).all()


def test_the_horizon_is_level_with_the_camera():
    frame = draw(np.full((100, 100, 3), 90, np.uint8), (0.0, 0.0))[:, :, 0]
    focal = 80 / tan(0.5 * FOV)
    horizon = 60 - focal * tan(PITCH)
    assert (frame[: int(horizon)] == 178).all()
    assert (frame[int(horizon) + 2 :] == 90).all()


def test_beyond_the_picture_its_border_goes_on():
    rgb = np.full((40, 40, 3), 50, np.uint8)
    rgb[:, -1] = 200
    frame = draw(rgb, (-0.1, -0.1))[:, :, 0]
    assert (frame[90:] == 200).all()


def test_fine_stripes_far_away_blur_to_their_mean():
    rgb = np.zeros((1600, 1600, 3), np.uint8)
    rgb[::2] = 200
    frame = draw(rgb, (-1.0, -4.0), resolution=0.005)[:, :, 0].astype(int)
    assert (abs(frame[32:36, 40:120] - 100) <= 2).all()


def test_an_rgb_camera_sees_three_channels_of_which_a_grey_one_sees_the_luminance():
    rgb = np.zeros((400, 400, 3), np.uint8)
    rgb[:] = (236, 190, 38)
    colour, grey = (draw(rgb, (-0.5, -1.0), grey=grey)[100, 80] for grey in (False, True))
    assert colour.tolist() == [236, 190, 38]
    assert grey[0] == round(0.299 * 236 + 0.587 * 190 + 0.114 * 38)


def test_every_level_of_the_ground_has_half_the_resolution_and_the_same_mean():
    random = np.random.default_rng(0).integers(0, 255, (100, 64, 3), dtype=np.uint8)
    ground = flatten_ground([TrackImage(random, (0.0, 0.0), 0.01)], grey=True)
    assert ground.height[0, :5].tolist() == [100, 50, 25, 13, 7]
    assert ground.width[0, :5].tolist() == [64, 32, 16, 8, 4]
    first, size = ground.first[0, 2], 25 * 16
    grey = ground.texels[0, : 100 * 64].reshape(100, 64).astype(float)
    expected = grey.reshape(25, 4, 16, 4).mean(axis=(1, 3))
    assert abs(ground.texels[0, first : first + size].reshape(25, 16) - expected).max() <= 1.0


@pytest.mark.parametrize("size", [{"width": 4}, {"height": 5000}])
def test_a_camera_of_a_size_that_none_has_is_refused(size):
    with pytest.raises(ValueError, match="expected 8 to 4096 pixels"):
        CameraConfig(**size)


def test_the_field_of_view_is_that_of_the_lens():
    camera = view()
    assert 2 * atan(80 / camera.focal) == pytest.approx(FOV)
