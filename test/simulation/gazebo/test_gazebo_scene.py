from xml.etree import ElementTree as ET

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.obstacle import Obstacle
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.simulation.config import CameraConfig, DynamicsConfig
from deepracer_ros.simulation.gazebo.car import Car, expand_urdf
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


def compose(world, count=1, racing=False, obstacles=()):
    car = Car(read_vehicle(), ET.fromstring(expand_urdf(CameraConfig())), ET.fromstring(MODEL))
    text = Scene(world, Fleet(car, count, racing), obstacles, Clock(16), DynamicsConfig()).compose(5)
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


def test_obstacles_stand_where_they_are_said_to(world):
    box = compose(world, obstacles=[Obstacle(1.0, 2.0, 0.5)]).find("model[@name='box_0']")
    assert box.findtext("pose") == "1.0 2.0 0.15 0 0 0.5"
    assert box.findtext("link/collision/geometry/box/size") == "0.4 0.5 0.3"


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
    assert len(list(tmp_path.iterdir())) == 2
