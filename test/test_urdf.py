# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The URDF: what it says of the car, and that every parser that matters takes it."""

import importlib.util
import math
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xacro
import yaml

from deepracer_ros.race.vehicle import Vehicle
from deepracer_ros.share import share_directory
from deepracer_ros.simulation.config import DynamicsConfig
from deepracer_ros.simulation.dynamics import GRAVITY

yourdfpy = pytest.importorskip("yourdfpy")

URDF = Path(__file__).parent.parent / "urdf" / "deepracer.urdf.xacro"
WHEELS = [f"{end}_{side}_wheel" for end in ("front", "rear") for side in ("left", "right")]


def expand(**arguments):
    return xacro.process_file(str(URDF), mappings=arguments).toxml()


def load(tmp_path, **arguments):
    path = tmp_path / "car.urdf"
    path.write_text(expand(**arguments))
    return yourdfpy.URDF.load(str(path), load_meshes=False, build_scene_graph=True)


@pytest.mark.parametrize("simulator", ["none", "classic", "gz"])
@pytest.mark.parametrize("sensors", ["false", "true"])
def test_every_variant_is_a_valid_urdf(tmp_path, simulator, sensors):
    urdf = load(tmp_path, simulator=simulator, stereo=sensors, lidar=sensors)
    assert urdf.validate()
    assert urdf.base_link == "base_link"
    names = set(urdf.link_map)
    assert {"chassis", "camera_link", "camera_optical", *WHEELS} <= names
    assert ({"camera_left_link", "camera_right_link", "lidar_link"} <= names) == (sensors == "true")
    assert ("<gazebo" in expand(simulator=simulator)) == (simulator != "none")


@pytest.mark.skipif(not shutil.which("ign"), reason="no `ign` (apt-get install ignition-tools libsdformat-dev)")
@pytest.mark.parametrize("simulator", ["none", "classic", "gz"])
def test_sdformat_takes_it(tmp_path, simulator):
    path = tmp_path / "car.urdf"
    path.write_text(expand(simulator=simulator, stereo="true", lidar="true"))
    checked = subprocess.run(["ign", "sdf", "-k", str(path)], capture_output=True, text=True, timeout=30, check=False)
    assert "Valid" in checked.stdout, checked.stderr


def test_wheels_stand_on_the_ground_around_base_link(tmp_path):
    urdf = load(tmp_path)
    feet = np.array([urdf.get_transform(wheel, "base_link")[:3, 3] for wheel in WHEELS])
    assert feet[:, 2] == pytest.approx(0.035)
    assert feet.mean(axis=0) == pytest.approx([0.0, 0.0, 0.035])
    assert feet[0, 0] - feet[2, 0] == pytest.approx(0.163974)
    assert [feet[0, 1] - feet[1, 1], feet[2, 1] - feet[3, 1]] == pytest.approx([0.1592, 0.1621])


def test_camera_looks_fifteen_degrees_down_over_the_nose(tmp_path):
    urdf = load(tmp_path)
    optical = urdf.get_transform("camera_optical", "base_link")
    assert optical[:3, 3] == pytest.approx([0.137, 0.0, 0.143])
    ahead = optical[:3, :3] @ [0.0, 0.0, 1.0]
    assert ahead == pytest.approx([math.cos(0.2618), 0.0, -math.sin(0.2618)])
    assert optical[:3, :3] @ [1.0, 0.0, 0.0] == pytest.approx([0.0, -1.0, 0.0])  # columns grow to the right


def test_nothing_of_the_car_is_in_the_cameras_view():
    half_height = math.atan(math.tan(1.13 / 2.0) * 120 / 160)
    lowest = math.tan(0.2618 + half_height)
    for mesh in (URDF.parent / "meshes").glob("*.obj"):
        lines = (line.split() for line in mesh.read_text().splitlines())
        points = np.array([[float(value) for value in words[1:]] for words in lines if words and words[0] == "v"])
        before = points[points[:, 0] > 0.137]
        assert (before[:, 2] < 0.143 - lowest * (before[:, 0] - 0.137)).all()


def test_the_limit_leaves_room_for_ackermann(tmp_path):
    hinge = load(tmp_path).joint_map["left_steering_hinge"]
    inner = math.atan(0.163974 / (0.163974 / math.tan(0.523599) - 0.1592 / 2.0))
    assert inner < hinge.limit.upper < inner + 0.05
    assert hinge.limit.lower == -hinge.limit.upper


def test_masses_add_up_to_a_car_of_two_kilograms(tmp_path):
    urdf = load(tmp_path)
    masses = {name: link.inertial.mass for name, link in urdf.link_map.items() if link.inertial}
    assert sum(masses.values()) == pytest.approx(1.9068 + 4 * 0.0422 + 2 * 0.05)
    for link in urdf.link_map.values():
        if link.inertial:
            a, b, c = np.linalg.eigvalsh(link.inertial.inertia)
            assert a > 0.0
            assert a + b >= c  # what a real body's inertia obeys


def test_arguments_reach_the_camera():
    urdf = ET.fromstring(expand(simulator="classic", camera_width="80", camera_height="60", camera_rate="30"))
    sensor = urdf.find("gazebo[@reference='camera_link']/sensor")
    assert [sensor.findtext(f"camera/image/{tag}") for tag in ("width", "height", "format")] == ["80", "60", "R8G8B8"]
    assert sensor.findtext("update_rate") == "30"
    grey = ET.fromstring(expand(simulator="gz", camera_colour="false"))
    assert grey.findtext("gazebo/sensor/camera/image/format") == "L8"


def test_gz_sim_has_the_same_tyres_as_the_embedded_simulator():
    text = expand(simulator="gz")
    vehicle = Vehicle.from_urdf(text)
    wheels = ET.fromstring(text).findall("gazebo/plugin[@name='gz::sim::systems::WheelSlip']/wheel")
    assert [wheel.get("link_name") for wheel in wheels] == WHEELS
    compliance = 1.0 / (vehicle.friction * DynamicsConfig().slip_stiffness)
    for wheel in wheels:
        for tag in ("slip_compliance_lateral", "slip_compliance_longitudinal"):
            assert float(wheel.findtext(tag)) == pytest.approx(compliance)
        assert float(wheel.findtext("wheel_normal_force")) == pytest.approx(vehicle.mass * GRAVITY / 4.0, rel=1e-3)


def test_gz_sim_s_steering_reaches_what_the_car_can_do():
    text = expand(simulator="gz", frame_prefix="lab/", stereo="true", lidar="true")
    vehicle, root = Vehicle.from_urdf(text), ET.fromstring(text)
    plugin = root.find("gazebo/plugin[@name='gz::sim::systems::AckermannSteering']")
    # It limits speed and yaw rate by the same number, and takes the turning radius of the limit as L / sin.
    least_radius = vehicle.wheelbase / math.sin(float(plugin.findtext("steering_limit")))
    assert math.atan(vehicle.wheelbase / least_radius) == pytest.approx(math.radians(30.0), abs=1e-5)
    assert vehicle.steering_limit == pytest.approx(math.radians(30.0), abs=1e-5)
    greatest = float(plugin.findtext("max_velocity"))
    fastest = float(root.find("joint[@name='rear_left_wheel_joint']/limit").get("velocity")) * vehicle.wheel_radius
    assert greatest == pytest.approx(fastest / least_radius)
    assert float(plugin.findtext("min_velocity")) == -greatest
    frames = [element.text for tag in ("optical_frame_id", "gz_frame_id") for element in root.iter(tag)]
    assert frames == ["lab/camera_optical", "lab/camera_left_optical", "lab/camera_right_optical", "lab/lidar_link"]
    topics = [element.text for element in root.iter("camera_info_topic")]
    assert topics == ["camera_info", "camera_left_info", "camera_right_info"]


def test_ros2_control_drives_the_same_car():
    path = share_directory() / "config" / "gz_controllers.yaml"
    vehicle = Vehicle.from_urdf(expand(simulator="gz"))
    root = ET.fromstring(expand(simulator="gz", controllers=str(path), namespace="lab"))
    assert root.findtext("ros2_control/hardware/plugin") == "gz_ros2_control/GazeboSimSystem"
    plugins = {plugin.get("name"): plugin for plugin in root.iter("plugin")}
    assert "gz::sim::systems::AckermannSteering" not in plugins
    plugin = plugins["gz_ros2_control::GazeboSimROS2ControlPlugin"]
    assert (plugin.findtext("parameters"), plugin.findtext("ros/namespace")) == (str(path), "lab")
    controller = yaml.safe_load(path.read_text())["/**/ackermann_steering_controller"]["ros__parameters"]
    wheels, hinges = controller["traction_joints_names"], controller["steering_joints_names"]
    joints = {joint.get("name"): joint for joint in root.findall("ros2_control/joint")}
    commanded = {name: joint.find("command_interface") for name, joint in joints.items()}
    kinds = {name: command.get("name") for name, command in commanded.items() if command is not None}
    assert kinds == dict.fromkeys(wheels, "velocity") | dict.fromkeys(hinges, "position")
    assert set(joints) <= {joint.get("name") for joint in root.findall("joint")}
    numbers = ("wheelbase", "traction_track_width", "steering_track_width", "traction_wheels_radius")
    expected = (vehicle.wheelbase, vehicle.rear_track, vehicle.front_track, vehicle.wheel_radius)
    assert [controller[name] for name in numbers] == pytest.approx(expected, abs=1e-6)
    assert "ros2_control" not in expand(simulator="gz")


def test_the_meshes_are_what_their_script_writes(tmp_path):
    folder = URDF.parent / "meshes"
    spec = importlib.util.spec_from_file_location("build_meshes", folder / "build_meshes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_text() == (folder / path.name).read_text()
