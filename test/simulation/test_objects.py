# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

from math import tan

import numpy as np
import pytest

from deepracer_ros.race.obstacle import BOX
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.simulation.camera import view_from
from deepracer_ros.simulation.objects import (
    ENDS,
    SIDES,
    TOP,
    Box,
    bounds,
    camera_colour,
    draw_box,
    gather_objects,
    hit_box,
    render_objects,
)

PITCH, HEIGHT, FOV = 0.2618, 0.143, 1.13
FOCAL = 80 / tan(FOV / 2)
WHITE = np.array([200.0])


@pytest.fixture
def view():
    return view_from((0.0, 0.0, 0.0), 0.0, HEIGHT, PITCH, 0.0, FOV, 160)


def blank():
    return np.zeros((120, 160), np.uint8), np.full((120, 160), np.inf, np.float32)


def row_of(distance, height):
    """The row of a point straight ahead, by the pinhole formula."""
    down = (HEIGHT - height) / distance
    return 60 + FOCAL * (down - tan(PITCH)) / (1 + down * tan(PITCH))


def test_a_box_straight_ahead_fills_the_rows_and_columns_of_its_front(view):
    frame, depth = blank()
    draw_box(frame, depth, view, Box(1.1, 0.0, 0.0, 0.1, 0.2, 0.1), WHITE)
    front = frame == int(ENDS * 200)
    rows = np.flatnonzero(front[:, 80])
    assert rows[0] == pytest.approx(row_of(1.0, 0.1), abs=1)
    assert rows[-1] == pytest.approx(row_of(1.0, 0.0), abs=1)
    assert (frame[rows[0] - 1, 80]) == int(TOP * 200)
    down = HEIGHT - 0.05
    columns = np.flatnonzero(front[round(row_of(1.0, 0.05))])
    along_axis = np.cos(PITCH) + down * np.sin(PITCH)
    assert columns[0] == pytest.approx(80 - FOCAL * 0.2 / along_axis, abs=1)
    assert columns[-1] + 1 == pytest.approx(80 + FOCAL * 0.2 / along_axis, abs=1)
    assert depth[rows[-1], 80] == pytest.approx(np.cos(PITCH) + HEIGHT * np.sin(PITCH), rel=0.02)


def test_the_nearer_box_hides_the_farther_whichever_is_drawn_first(view):
    near, far = Box(1.0, 0.0, 0.3, 0.1, 0.1, 0.1), Box(1.5, 0.1, 0.0, 0.1, 0.3, 0.2)
    frames = []
    for order in ((near, far), (far, near)):
        frame, depth = blank()
        for box in order:
            draw_box(frame, depth, view, box, WHITE if box is near else np.array([100.0]))
        frames.append(frame)
    alone, depth = blank()
    draw_box(alone, depth, view, near, WHITE)
    assert np.array_equal(*frames)
    assert np.array_equal(frames[0][alone > 0], alone[alone > 0])
    assert (frames[0] == int(ENDS * 100)).any()


@pytest.mark.parametrize(
    ("eye", "ray", "distance", "brightness"),
    [
        ((-1.0, 0.0, 0.1), (1.0, 0.0, 0.0), 0.8, ENDS),
        ((0.0, 2.0, 0.1), (0.0, -1.0, 0.0), 1.7, SIDES),
        ((0.0, 0.0, 1.0), (0.0, 0.0, -1.0), 0.8, TOP),
        ((-1.0, 0.0, 0.3), (1.0, 0.0, 0.0), np.inf, 0.0),
        ((1.0, 0.0, 0.1), (1.0, 0.0, 0.0), np.inf, 0.0),
    ],
)
def test_where_a_ray_enters_a_box(eye, ray, distance, brightness):
    assert hit_box(eye, ray, Box(0.0, 0.0, 0.0, 0.2, 0.3, 0.2)) == pytest.approx((distance, brightness))


@pytest.mark.parametrize("yaw", np.linspace(0.0, 6.0, 7))
def test_all_of_a_box_is_drawn_within_its_bounds(view, yaw):
    box = Box(0.8, 0.15, yaw, 0.15, 0.1, 0.2)
    left, right, top, bottom = bounds(view, box, 160, 120)
    frame, depth = blank()
    draw_box(frame, depth, view, box, WHITE)
    rows, columns = np.nonzero(frame)
    assert (left, right) == pytest.approx((columns.min(), columns.max() + 1), abs=1)
    assert (top, bottom) == pytest.approx((rows.min(), rows.max() + 1), abs=1)


def test_a_box_behind_or_far_away_is_not_drawn(view):
    assert bounds(view, Box(-1.0, 0.0, 0.0, 0.1, 0.1, 0.1), 160, 120) == (0, 0, 0, 0)
    assert bounds(view, Box(50.0, 0.0, 0.0, 0.1, 0.1, 0.1), 160, 120) == (0, 0, 0, 0)


def test_a_box_beside_the_camera_is_drawn_as_far_as_it_is_seen(view):
    frame, depth = blank()
    draw_box(frame, depth, view, Box(0.0, 0.3, 0.0, 1.0, 0.1, 0.3), WHITE)
    assert (frame[:, 0] == int(SIDES * 200)).sum() > 60
    assert (frame[:, 100:] == 0).all()


def seen(car, heat, objects=None):
    """What car `car` of four in a row, 0.6 m apart, sees of objects (4, K, 3)."""
    objects = np.zeros((4, 0, 3)) if objects is None else objects
    gathered = gather_objects(objects, BOX, read_vehicle(), heat, grey=True)
    frame, _ = blank()
    x, zero = np.arange(4) * 0.6, np.zeros(4)
    camera = view_from((x[car], 0.0, 0.0), 0.137, HEIGHT, PITCH, 0.0, FOV, 160)
    render_objects(frame, camera, gathered, car, x, zero, zero)
    return frame


def test_cars_see_those_of_their_heat_alone():
    assert (seen(0, heat=1) == 0).all()
    assert (seen(0, heat=2) > 0).any()
    assert (seen(1, heat=2) == 0).all()
    assert (seen(2, heat=2) > 0).any()
    assert (seen(3, heat=2) == 0).all()


def test_cars_see_the_boxes_of_their_own_road_alone():
    objects = np.full((4, 1, 3), -5.0)
    objects[0] = [1.0, 0.0, 0.0]
    assert (seen(1, 1, objects) == 0).all()
    frame = seen(0, 1, objects)
    grey = camera_colour(BOX.colour, grey=True)[0]
    assert (frame == int(ENDS * grey)).any()
    assert BOX.height > HEIGHT
    assert (frame[0] == 0).any()
