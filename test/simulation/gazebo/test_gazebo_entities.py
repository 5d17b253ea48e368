# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Models that come into a running Gazebo: what is taken, what is refused, and what cars see and touch of them."""

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.embedded import EmbeddedSimulator
from deepracer_ros.simulation.gazebo.entities import LARGEST, check_model
from deepracer_ros.simulation.gazebo.simulator import GazeboSimulator
from deepracer_ros.simulation.sensors import CAMERA
from deepracer_ros.simulation.simulator import OpenWorld

BOX = """<?xml version="1.0"?>
<sdf version="1.6"><model name="any"><static>true</static><link name="link">
  <collision name="c"><geometry><box><size>0.3 0.6 0.4</size></box></geometry></collision>
  <visual name="v"><geometry><box><size>0.3 0.6 0.4</size></box></geometry>
    <material><ambient>1 1 1 1</ambient><diffuse>1 1 1 1</diffuse><emissive>1 1 1 1</emissive></material></visual>
</link></model></sdf>"""
URDF = """<robot name="any"><link name="link">
  <inertial><mass value="5"/><inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>
  <collision><geometry><box size="0.3 0.6 0.4"/></geometry></collision>
  <visual><geometry><box size="0.3 0.6 0.4"/></geometry></visual></link></robot>"""


@pytest.mark.parametrize("xml", [BOX, URDF, BOX.replace("<static>", "<!-- a box --><static>")])
def test_sdf_and_urdf_are_taken(xml):
    check_model("box-1", xml)


@pytest.mark.parametrize(
    ("name", "xml", "words"),
    [
        ("two words", BOX, "model 'two words': expected a name of letters"),
        ("line\nbreak", BOX, "expected a name of letters"),
        ("", BOX, "expected a name of letters"),
        ("box", "no xml", "is not XML"),
        ("box", "<world/>", "found <world>, expected <sdf> with one <model>, or <robot>"),
        ("box", "<sdf><light/></sdf>", "expected <sdf> with one <model>"),
        ("box", '<!DOCTYPE sdf [<!ENTITY a "b">]><sdf/>', "found a document type"),
        ("box", BOX.replace("<static>", "<plugin filename='x.so' name='x'/><static>"), "found <plugin>"),
        ("box", "<sdf><model><include><uri>model://sun</uri></include></model></sdf>", "found <include>"),
        ("box", "<sdf><model><mesh><uri>file:///etc/passwd</uri></mesh></model></sdf>", "found the file 'file:///etc"),
        ("box", '<robot><mesh filename="/tmp/x.dae"/></robot>', "found the file '/tmp/x.dae'"),
        ("box", f"<robot>{' ' * LARGEST}</robot>", "expected at most 524288"),
    ],
)
def test_what_could_run_code_or_fetch_files_is_refused_in_one_line(name, xml, words):
    with pytest.raises(InputError) as caught:
        check_model(name, xml)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_some_simulators_take_models():
    assert issubclass(GazeboSimulator, OpenWorld)
    assert not issubclass(EmbeddedSimulator, OpenWorld)


@pytest.fixture(scope="module")
def oval():
    simulator = GazeboSimulator([find_track("oval")], [0], CameraConfig(80, 60))
    yield simulator
    simulator.close()


@pytest.mark.gazebo
@pytest.mark.parametrize("xml", [BOX, URDF], ids=["sdf", "urdf"])
def test_cars_see_and_touch_a_model_until_it_goes(oval, xml):
    track = find_track("oval")
    (x, y), (dx, dy) = track.centre[0], track.centre[1] - track.centre[0]
    yaw = float(np.arctan2(dy, dx))
    start, everyone = np.array([[x, y, yaw]]), np.ones(1, bool)
    place = (x + 1.5 * np.cos(yaw), y + 1.5 * np.sin(yaw), 0.2, 0.0, 0.0, yaw)

    def look():
        return oval.reset(everyone, start)[0][CAMERA][0].astype(int)

    def until(condition, steps=300):
        """Let time pass until the world has taken up what comes or goes."""
        for _ in range(steps):
            oval.step(np.zeros(1), np.zeros(1))
            if condition(np.abs(look() - empty).max()):
                return
        raise AssertionError(f"found no change after {steps} steps")

    def drive():
        oval.reset(everyone, start)
        for _ in range(30):
            _, states = oval.step(np.zeros(1), np.full(1, 2.0))
        return float(np.hypot(states.x[0] - x, states.y[0] - y))

    empty = look()
    free = drive()
    oval.spawn("guest", xml, place)
    until(lambda difference: difference > 30)
    with pytest.raises(InputError, match="found a model named guest, expected a new name"):
        oval.spawn("guest", xml, place)
    stopped = drive()
    assert free > 2.5
    assert stopped < free - 0.5
    oval.delete("guest")
    until(lambda difference: difference <= 2)
    until(lambda _: drive() == pytest.approx(free, abs=0.05), 20)
    with pytest.raises(InputError, match="found none of that name that was spawned"):
        oval.delete("guest")


@pytest.mark.gazebo
@pytest.mark.parametrize("version", ["1.6", "99"])
def test_a_model_that_the_server_cannot_read_ends_nothing(oval, version):
    oval.reset(np.ones(1, bool), np.zeros((1, 3)))
    try:
        oval.spawn(
            f"odd-{version}", f"<sdf version='{version}'><model name='a'/></sdf>", (3.0, 3.0, 0.0, 0.0, 0.0, 0.0)
        )
    except InputError as error:
        assert "found no SDF or URDF of a model" in str(error)
    else:
        for _ in range(3):
            oval.step(np.zeros(1), np.zeros(1))
    _, states = oval.step(np.zeros(1), np.zeros(1))
    assert np.isfinite(states.x).all()


@pytest.mark.gazebo
@pytest.mark.parametrize("name", ["car_0", "ground_plane"])
def test_the_cars_and_the_track_cannot_be_deleted_or_replaced(oval, name):
    with pytest.raises(InputError, match="found none of that name that was spawned"):
        oval.delete(name)


@pytest.mark.gazebo
def test_a_pose_that_is_not_finite_is_refused(oval):
    with pytest.raises(InputError, match="found a pose that is not finite"):
        oval.spawn("nowhere", BOX, (float("nan"), 0.0, 0.0, 0.0, 0.0, 0.0))
