# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.vehicle import Vehicle, read_vehicle

BOX = """<link name="{name}"><inertial><mass value="{mass}"/>
<inertia ixx="0" iyy="0" izz="{inertia}" ixy="0" ixz="0" iyz="0"/></inertial>{more}</link>"""
WHEEL = """<collision><origin rpy="1.5707963267948966 0 0"/>
<geometry><cylinder radius="0.04" length="0.03"/></geometry></collision>"""


def small_urdf(without: str = "") -> str:
    """A car whose numbers are easy to add up by hand."""
    parts = ['<robot name="car"><link name="base_link"/>']
    parts.append(BOX.format(name="chassis", mass=2, inertia=0.01, more=""))
    parts.append('<joint name="j" type="fixed"><parent link="base_link"/><child link="chassis"/></joint>')
    for end, x in (("front", 0.1), ("rear", -0.1)):
        for side, y in (("left", 0.08), ("right", -0.08)):
            name = f"{end}_{side}"
            parent, at = "chassis", f"{x} {y} 0.04"
            if end == "front":
                parts.append(
                    f'<link name="{name}_hub"/><joint name="{side}_steering_hinge" type="revolute">'
                    f'<parent link="chassis"/><child link="{name}_hub"/><origin xyz="{at}"/>'
                    '<limit lower="-1" upper="1" effort="1" velocity="5"/></joint>'
                )
                parent, at = f"{name}_hub", "0 0 0"
            parts.append(BOX.format(name=f"{name}_wheel", mass=0.25, inertia=0, more=WHEEL))
            parts.append(
                f'<joint name="{name}_joint" type="continuous"><parent link="{parent}"/><child link="{name}_wheel"/>'
                f'<origin xyz="{at}"/><limit effort="0.2" velocity="9"/></joint>'
            )
    parts.append(
        '<link name="camera_link"/><joint name="c" type="fixed"><parent link="base_link"/><child link="camera_link"/>'
        '<origin xyz="0.12 0 0.15" rpy="0 0.25 0"/></joint>'
        '<gazebo reference="front_left_wheel"><mu1>0.7</mu1></gazebo>'
        "<gazebo><plugin><steering_limit>0.5</steering_limit></plugin></gazebo>"
        '<gazebo reference="camera_link"><sensor><camera><horizontal_fov>1.1</horizontal_fov>'
        "</camera></sensor></gazebo>"
    )
    return "".join(part for part in parts if not without or without not in part) + "</robot>"


def test_the_packages_car_is_the_deepracer():
    car = read_vehicle()
    assert car.wheelbase == pytest.approx(0.164, abs=1e-4)
    assert (car.front_track, car.rear_track, car.wheel_radius) == pytest.approx((0.1592, 0.1621, 0.035))
    assert (car.camera_x, car.camera_z, car.camera_pitch, car.camera_fov) == pytest.approx((0.137, 0.143, 0.2618, 1.13))
    assert car.steering_limit == pytest.approx(np.pi / 6, abs=1e-6)
    assert 2.0 < car.mass < 2.4
    assert 0.3 < car.body_length < 0.34
    assert 0.18 < car.body_width < 0.2


def test_numbers_of_a_small_car_are_those_added_up_by_hand():
    car = Vehicle.from_urdf(small_urdf())
    assert (car.wheelbase, car.front_track, car.rear_track) == pytest.approx((0.2, 0.16, 0.16))
    assert car.mass == pytest.approx(3.0)
    assert car.centre_of_mass_x == pytest.approx(0.0)
    assert car.yaw_inertia == pytest.approx(0.01 + 4 * 0.25 * (0.1**2 + 0.08**2))
    assert (car.steering_limit, car.steering_rate, car.drive_torque, car.friction) == pytest.approx(
        (0.44705298, 5.0, 0.8, 0.7)  # atan(sin(0.5))
    )
    assert (car.camera_x, car.camera_z, car.camera_pitch, car.camera_fov) == pytest.approx((0.12, 0.15, 0.25, 1.1))
    assert (car.body_x, car.body_length, car.body_width, car.body_height) == pytest.approx((0.0, 0.28, 0.19, 0.08))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<robot", "is not XML"),
        (small_urdf(without="camera_link"), "'camera_link'"),
        (small_urdf().replace("left_steering_hinge", "left_hinge"), "left_steering_hinge"),
        (small_urdf().replace("<mu1>0.7", "<mu1>soft"), "mu1: found 'soft', expected a number"),
        (small_urdf().replace('<parent link="chassis"/>', '<parent link="ghost"/>'), "without a chain to base_link"),
    ],
)
def test_a_urdf_that_is_no_such_car_is_refused_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as error:
        Vehicle.from_urdf(text, "car.urdf")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="nothing.xacro"):
        read_vehicle(tmp_path / "nothing.xacro")
