# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The world that a gzserver is given, and the cache that its parts are kept in."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.obstacle import BOX, shape_of
from deepracer_ros.race.vehicle import expand_urdf, read_vehicle
from deepracer_ros.simulation.config import CameraConfig, DynamicsConfig
from deepracer_ros.simulation.gazebo import car as car_module
from deepracer_ros.simulation.gazebo import world_files
from deepracer_ros.simulation.gazebo.car import Car, make_car
from deepracer_ros.simulation.gazebo.installation import Installation
from deepracer_ros.simulation.gazebo.scene import Clock, Fleet, Scene
from deepracer_ros.simulation.gazebo.world_files import world_file

MODEL = """
<model name="deepracer">
  <link name="base_link">
    <collision name="base_link_fixed_joint_lump__chassis_collision"/>
    <visual name="base_link_fixed_joint_lump__body_visual"/>
    <visual name="base_link_fixed_joint_lump__glass_visual_1"/>
    <sensor name="camera_link"><update_rate>15</update_rate></sensor>
  </link>
</model>"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return world_file(find_track("oval"), tmp_path_factory.mktemp("worlds"))


def compose(world, count=1, racing=False, objects=(), shape=BOX):
    urdf = expand_urdf(simulator="classic", camera_width="80", camera_height="60")
    car = Car(read_vehicle(), ET.fromstring(urdf), ET.fromstring(MODEL))
    text = Scene(world, Fleet(car, count, racing), objects, shape, Clock(16), DynamicsConfig()).compose(5)
    return ET.fromstring(text).find("world")


def cars(world):
    return [model for model in world.findall("model") if model.get("name").startswith("car_")]


def test_a_control_period_is_whole_steps_of_whole_nanoseconds():
    clock = Clock(16)
    assert round(clock.step * 1e9) == 4166667
    assert 1e9 / clock.camera_rate == pytest.approx(16 * 4166667, abs=1e-3)


def test_the_physics_are_those_of_the_lock_step(world):
    composed = compose(world)
    (physics,) = composed.findall("physics")
    assert physics.findtext("max_step_size") == "0.004166667"
    assert physics.findtext("real_time_update_rate") == "0"
    assert composed.findtext("scene/shadows") == "0"
    assert composed.find("model[@name='track']") is not None


def test_the_camera_looks_once_in_a_control_period(world):
    (car,) = cars(compose(world))
    assert float(car.findtext("link/sensor/update_rate")) == Clock(16).camera_rate


def test_the_plugin_is_told_the_limits_that_the_conversion_loses(world):
    plugin = compose(world, count=2, racing=True).find("plugin")
    assert [car.text for car in plugin.findall("car")] == ["car_0", "car_1"]
    values = {child.tag: float(child.text) for child in plugin if child.tag != "car"}
    assert values["socket"] == 5
    assert values["iterations"] == 16
    assert values["wheel_effort"] == 0.1
    assert values["steering_rate"] == 6.5
    assert values["friction"] == 0.8
    assert values["slip_compliance"] == pytest.approx(1.0 / (0.8 * 5.0))


def test_training_cars_pass_through_each_other_unseen(world):
    composed = cars(compose(world, count=3))
    masks = [int(car.findtext("link/collision/surface/contact/collide_bitmask")) for car in composed]
    assert masks == [1, 2, 4]
    assert all(car.find("link/visual") is None for car in composed)


def test_racing_cars_touch_and_see_each_other(world):
    first, second = cars(compose(world, count=2, racing=True))
    assert first.find("link/collision/surface") is None
    bodies = [car.findtext("link/visual[1]/material/diffuse") for car in (first, second)]
    assert bodies[0] != bodies[1]
    assert first.findtext("link/visual[2]/material/diffuse") == "0.06 0.08 0.10 1"  # glass is everybody's


@pytest.mark.parametrize(
    ("kind", "height", "size", "colour"),
    [
        ("box", "0.15", "0.4 0.5 0.3", "0.690 0.518 0.329 1"),
        ("car", "0.055", "0.32 0.1921 0.11", "0.110 0.235 0.745 1"),
    ],
)
def test_objects_stand_where_they_are_said_to(world, kind, height, size, colour):
    composed = compose(world, objects=[(1.0, 2.0, 0.5), (3.0, 4.0, 0.0)], shape=shape_of(kind))
    first, second = (composed.find(f"model[@name='object_{index}']") for index in (0, 1))
    assert first.findtext("static") == "true"
    assert first.findtext("pose") == f"1 2 {height} 0 0 0.5"
    assert second.findtext("pose") == f"3 4 {height} 0 0 0"
    for part in ("collision", "visual"):
        assert first.findtext(f"link/{part}/geometry/box/size") == size
    assert first.findtext("link/visual/material/ambient") == colour
    assert first.findtext("link/visual/material/diffuse") == colour


@pytest.mark.parametrize(
    ("text", "words"),
    [("<sdf><wor", "is not XML"), ("<sdf version='1.6'/>", "found no <world>"), (None, "cannot be read")],
)
def test_a_broken_world_is_named(tmp_path, text, words):
    path = tmp_path / "broken.world"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=f"broken.world: {words}"):
        compose(path)


def test_a_world_is_written_once(tmp_path):
    first = world_file(find_track("oval"), tmp_path)
    written = first.stat().st_mtime_ns
    assert world_file(find_track("oval"), tmp_path) == first
    assert first.stat().st_mtime_ns == written
    assert world_file(find_track("oval").reversed(), tmp_path).parent != first.parent
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2


def test_a_half_written_world_of_a_killed_process_is_written_anew(tmp_path):
    """Its models are there, its world file is not: the folder alone once counted as a world."""
    first = world_file(find_track("oval"), tmp_path)
    content = first.read_bytes()
    first.unlink()
    (tmp_path / f".{first.parent.name}.tmp").mkdir()
    assert world_file(find_track("oval"), tmp_path).read_bytes() == content
    assert list(tmp_path.glob(".*")) == []


def test_threads_and_processes_that_want_one_world_write_it_once(tmp_path, monkeypatch):
    written, together = [], threading.Barrier(3)

    def write(track, folder):
        written.append(track.name)
        return write_world(track, folder)

    write_world = world_files.write_world
    monkeypatch.setattr(world_files, "write_world", write)

    def want(_):
        together.wait()
        return world_file(find_track("oval"), tmp_path)

    with ThreadPoolExecutor(3) as pool:
        paths = set(pool.map(want, range(3)))
    assert len(paths) == 1
    assert written == ["oval"]


def test_two_threads_expand_the_car_at_once(tmp_path, monkeypatch):
    """xacro keeps its state in module variables: without a lock one thread's macros end in the other's URDF, or none.

    Each thread makes cars with cameras of its own, eight times, beside the other.
    """
    monkeypatch.setattr(car_module, "_run_converter", lambda urdf, root: b"<sdf><model name='car'/></sdf>")
    installation, together = Installation(Path("/"), tmp_path, tmp_path), threading.Barrier(2)
    sizes = [[CameraConfig(100 * thread + turn, 60) for turn in range(8)] for thread in (1, 2)]

    def make(cameras):
        together.wait()
        return [make_car(camera, read_vehicle(), installation) for camera in cameras]

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(make, sizes))
    for cameras, cars in zip(sizes, made, strict=True):
        for camera, car in zip(cameras, cars, strict=True):
            assert car.urdf.findtext(".//camera/image/width") == str(camera.width)
            assert len(car.urdf.findall("link")) == len(made[0][0].urdf.findall("link"))
    assert len(list((tmp_path / "models").glob("*.sdf"))) == 16
