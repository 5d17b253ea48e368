# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What ROS users expect of a simulated car; real messages between real nodes."""

import math
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import rclpy
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, Quaternion, Twist, TwistStamped
from nav_msgs.msg import Odometry, Path
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, JointState

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.frames import fixed_joints, from_rpy
from deepracer_ros.nodes.messages.poses import from_pose, to_pose, to_twist
from deepracer_ros.nodes.messages.stamps import to_stamp
from deepracer_ros.nodes.messages.twist import from_twist_command
from deepracer_ros.nodes.outputs.camera import camera_info
from deepracer_ros.nodes.outputs.description import robot_description
from deepracer_ros.nodes.outputs.driven_path import DrivenPath
from deepracer_ros.nodes.outputs.interfaces import Interfaces
from deepracer_ros.nodes.outputs.joints import JointOutput
from deepracer_ros.nodes.outputs.odometry import Odometer
from deepracer_ros.nodes.outputs.optional import where_installed
from deepracer_ros.nodes.outputs.twist import TwistOutput
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.obstacle import BOX
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.simulation.camera import view_from
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.sensors import CAMERA as FRONT_CAMERA
from deepracer_ros.simulation.simulator import CarStates
from deepracer_ros.training.config import AgentConfig, Place

CAMERA = CameraConfig(width=16, height=12)


def states(cars: int = 1, **values: float) -> CarStates:
    fields = ("x", "y", "yaw", "speed", "lateral_speed", "yaw_rate", "steering")
    return CarStates(**{name: np.full(cars, values.get(name, 0.0)) for name in fields})


def outcome(cars: int = 1, episode: int = 0, **values: float):
    frames = np.arange(cars, dtype=np.uint8).reshape(-1, 1, 1) + np.zeros((cars, 12, 16), np.uint8)
    return Outcome({FRONT_CAMERA: frames}, states(cars, **values), SimpleNamespace(episode=np.full(cars, episode)))


class Table:
    """A simulator whose cars stay where they are put."""

    def __init__(self) -> None:
        self.moved: list[tuple[list[bool], list[list[float]]]] = []

    def reset(self, mask, poses):
        self.moved.append((mask.tolist(), poses.tolist()))
        x, y, yaw = poses.T
        frames = {FRONT_CAMERA: np.zeros((len(mask), 12, 16), np.uint8)}
        return frames, CarStates(x, y, yaw, *np.zeros((4, len(mask))))


def environment(cars: int = 1) -> SimpleNamespace:
    referee = SimpleNamespace(objects=np.zeros((cars, 0, 3)), object_shape=BOX)
    return SimpleNamespace(
        cars=cars, simulator=Table(), tracks=(find_track("oval"),), car_track=np.zeros(cars, int), referee=referee
    )


def interfaces(
    ros, cars: int = 1, prefix: str = "", drive: Callable[[JointState], None] = lambda _: None, **agent: bool
) -> Interfaces:
    config = SimpleNamespace(camera=CAMERA, agent=AgentConfig(**agent))
    return Interfaces(ros.node, environment(cars), config, Place(frame_prefix=prefix), Inputs(ros.node), drive)


def rotate(q: Quaternion, v: list[float]) -> np.ndarray:
    axis, v = np.array([q.x, q.y, q.z]), np.array(v)
    return v + 2.0 * np.cross(axis, np.cross(axis, v) + q.w * v)


def test_camera_info_is_the_renderer_s_pinhole():
    message = camera_info(CameraConfig(width=160, height=120), 1.13)
    assert message.k[0] == message.k[4] == pytest.approx(80.0 / math.tan(0.565))
    assert message.k[0] == pytest.approx(view_from((0.0, 0.0, 0.0), 0.1, 0.1, 0.2, 0.0, 1.13, 160).focal)
    # The rays half a pixel outside the first and last column are the field of view apart.
    left, right = ((edge - message.k[2]) / message.k[0] for edge in (-0.5, 159.5))
    assert math.atan(right) - math.atan(left) == pytest.approx(1.13)
    assert (message.k[5], message.p[6]) == (59.5, 59.5)
    assert (message.height, message.width, message.header.frame_id) == (120, 160, "camera_optical")


def test_wheels_roll_and_the_inner_hinge_turns_more():
    rclpy.init()
    node = Node("joints")
    try:
        output, vehicle = JointOutput(node, read_vehicle()), read_vehicle()
        output.message(states(), Time())
        straight = output.message(states(speed=0.7), Time(nanosec=100_000_000))
        assert straight.velocity[:4] == pytest.approx([0.7 / vehicle.wheel_radius] * 4)
        assert straight.position[:4] == pytest.approx([0.07 / vehicle.wheel_radius] * 4)
        bend = dict(zip(straight.name, output.message(states(steering=0.3), Time(sec=1)).position, strict=True))
    finally:
        node.destroy_node()
        rclpy.shutdown()
    left, right = bend["left_steering_hinge"], bend["right_steering_hinge"]
    assert left > 0.3 > right
    # Both axles meet the rear axle's line in one point, front_track apart.
    radii = [vehicle.wheelbase / math.tan(hinge) for hinge in (left, right)]
    assert radii[1] - radii[0] == pytest.approx(vehicle.front_track)
    names = {joint.split('"')[0] for joint in robot_description().split('<joint name="')[1:]}
    assert set(straight.name) <= names


def test_poses_go_there_and_back_and_velocity_is_in_the_world():
    car = states(x=1.5, y=-2.0, yaw=2.5, speed=2.0, lateral_speed=0.5, yaw_rate=-1.0)
    assert from_pose(to_pose(car, 0)) == pytest.approx((1.5, -2.0, 2.5))
    twist = to_twist(states(yaw=math.pi / 2, speed=2.0, lateral_speed=0.5, yaw_rate=-1.0), 0)
    assert (twist.linear.x, twist.linear.y, twist.angular.z) == pytest.approx((-0.5, 2.0, -1.0))


@pytest.mark.parametrize(
    ("pose", "found"),
    [
        (Pose(orientation=Quaternion(w=0.0)), "quaternion of length 0"),
        (Pose(orientation=Quaternion(w=math.nan)), "NaN"),
    ],
)
def test_a_pose_that_is_none_is_refused(pose, found):
    with pytest.raises(InputError, match=found):
        from_pose(pose)


def test_the_camera_s_optical_axis_points_ahead_and_down():
    joints = {joint.child_frame_id: joint for joint in fixed_joints(robot_description())}
    link, optical = joints["camera_link"], joints["camera_optical"]
    assert (link.header.frame_id, optical.header.frame_id) == ("base_link", "camera_link")
    vehicle = read_vehicle()
    assert (link.transform.translation.x, link.transform.translation.z) == pytest.approx(
        (vehicle.camera_x, vehicle.camera_z)
    )

    def in_base(axis: list[float]) -> np.ndarray:
        return rotate(link.transform.rotation, rotate(optical.transform.rotation, axis))

    pitch = vehicle.camera_pitch
    assert in_base([0, 0, 1]) == pytest.approx([math.cos(pitch), 0.0, -math.sin(pitch)], abs=1e-6)
    assert in_base([1, 0, 0]) == pytest.approx([0.0, -1.0, 0.0], abs=1e-6)


def test_roll_pitch_yaw_turn_about_fixed_axes_in_turn():
    assert rotate(from_rpy(math.pi / 2, 0.0, math.pi / 2), [0, 1, 0]) == pytest.approx([0, 0, 1], abs=1e-12)
    assert rotate(from_rpy(0.0, math.pi / 2, math.pi / 2), [1, 0, 0]) == pytest.approx([0, 0, -1], abs=1e-12)


def test_an_absent_package_is_named_and_nothing_else():
    missing: list[str] = []
    with where_installed("teleport", missing):
        import no_such_ros_package  # noqa: F401
    with where_installed("maths", missing):
        import math  # noqa: F401
    assert missing == ["teleport (needs no_such_ros_package)"]


def test_every_image_has_its_camera_info_and_the_rest_comes_at_most_30_times_a_second(ros):
    outputs = interfaces(ros)
    infos, joints = ros.listen(CameraInfo, "camera/camera_info"), ros.listen(JointState, "joint_states")
    image = ros.listen(Image, "camera/car_0/image_raw")
    outputs.publish(outcome(), to_stamp(0))  # notices who listens
    started = time.monotonic()
    for step in range(1, 51):
        outputs.publish(outcome(), to_stamp(step))
    seconds = time.monotonic() - started
    ros.until(lambda: len(infos) >= 50 and joints and image)
    assert [info.header.stamp for info in infos[-50:]] == [to_stamp(step) for step in range(1, 51)]
    assert len(joints) <= 2 + 30 * seconds
    assert (image[0].height, image[0].width, set(image[0].data)) == (12, 16, {0})


def test_the_calibration_fits_the_image_beside_it(ros):
    outputs = interfaces(ros, cars=3, prefix="car_7/")
    image, info = ros.listen(Image, "camera/car_0/image_raw"), ros.listen(CameraInfo, "camera/car_0/camera_info")
    outputs.publish(outcome(3), to_stamp(2))
    ros.until(lambda: image and info)
    for message in (image[0], info[0]):
        assert (message.height, message.width, message.header.stamp) == (12, 16, to_stamp(2))
        assert message.header.frame_id == "car_7/camera_optical"
    assert ros.listener.count_publishers("camera/camera_info") == 0  # it would not fit the stacked frames


def test_a_new_episode_moves_odom_and_not_the_car_in_it(ros):
    odometer = Odometer()

    def drive(episode, x, y, yaw):
        odometer.note(outcome(episode=episode, x=x, y=y, yaw=yaw), to_stamp(0))
        return [*odometer.pose, *odometer.origin]

    quarter = math.pi / 2
    assert drive(0, 3.0, 1.0, quarter) == pytest.approx([0.0, 0.0, 0.0, 3.0, 1.0, quarter])  # odom is at the start
    assert drive(0, 3.0, 1.2, quarter) == pytest.approx([0.2, 0.0, 0.0, 3.0, 1.0, quarter])
    assert drive(1, 0.0, 0.0, 0.0) == pytest.approx([0.2, 0.0, 0.0, -0.2, 0.0, 0.0])
    assert drive(1, 0.1, 0.0, 0.0) == pytest.approx([0.3, 0.0, 0.0, -0.2, 0.0, 0.0])
    assert drive(1, 5.1, 0.0, 0.0) == pytest.approx([0.3, 0.0, 0.0, 4.8, 0.0, 0.0])  # placed by set_entity_state
    assert odometer.origin @ odometer.pose == pytest.approx((5.1, 0.0, 0.0))


def test_odometry_has_the_pose_in_odom_and_the_velocity_of_the_body(ros):
    outputs = interfaces(ros, prefix="car_7/")
    heard = ros.listen(Odometry, "odom")
    outputs.publish(outcome(x=3.0, y=1.0, yaw=math.pi / 2), to_stamp(0))
    outputs._due = 0.0
    outputs.publish(outcome(x=3.0, y=1.2, yaw=math.pi / 2, speed=2.0, lateral_speed=0.1, yaw_rate=-1.0), to_stamp(1))
    ros.until(lambda: len(heard) == 2)
    pose, twist = heard[1].pose.pose, heard[1].twist.twist
    assert (pose.position.x, pose.position.y, pose.orientation.w) == pytest.approx((0.2, 0.0, 1.0))
    assert (twist.linear.x, twist.linear.y, twist.angular.z) == pytest.approx((2.0, 0.1, -1.0))
    assert (heard[1].header.frame_id, heard[1].child_frame_id) == ("car_7/odom", "car_7/base_link")
    assert heard[1].header.stamp == to_stamp(1)


def test_without_listeners_nothing_is_built(ros, monkeypatch):
    outputs = interfaces(ros)
    monkeypatch.setattr(JointOutput, "message", lambda *_: pytest.fail("built a message for nobody"))
    outputs.publish(outcome(), to_stamp(0))


def test_the_driven_path_is_that_of_this_episode(ros):
    line = DrivenPath(ros.node)
    heard = ros.listen(Path, "path")
    for step, (x, episode) in enumerate([(0.0, 0), (0.04, 0), (0.1, 0), (5.0, 1), (5.2, 1)]):
        line.publish(outcome(x=x, episode=episode), to_stamp(step))
    ros.until(lambda: len(heard) == 4)
    lines = [[pose.pose.position.x for pose in message.poses] for message in heard]
    assert lines == [[0.0], [0.0, 0.1], [5.0], [5.0, 5.2]]
    assert heard[-1].header.frame_id == "map"
    for step, x in ((5, 5.4), (6, 5.6)):  # between two messages
        line.note(outcome(x=x, episode=1), to_stamp(step))
    line.publish(outcome(x=5.6, episode=1), to_stamp(7))
    ros.until(lambda: len(heard) == 5)
    assert [pose.pose.position.x for pose in heard[-1].poses] == [5.0, 5.2, 5.4, 5.6]


@pytest.mark.parametrize("stamped", [False, True])
def test_commands_go_out_as_twist_and_come_in_again(ros, stamped):
    commands: list[JointState] = []
    interfaces(ros, drive=commands.append, stamped_cmd_vel=stamped)
    output = TwistOutput(ros.node, stamped)
    heard = ros.listen(TwistStamped if stamped else Twist, "cmd_vel")
    output.publish(0.2, 2.0, to_stamp(7))
    ros.until(lambda: heard and commands)
    twist = heard[0].twist if stamped else heard[0]
    assert (twist.linear.x, twist.angular.z) == pytest.approx((2.0, 2.0 * math.tan(0.2) / read_vehicle().wheelbase))
    assert (list(commands[0].position), list(commands[0].velocity)) == (pytest.approx([0.2]), [2.0])
    assert commands[0].header.stamp == (to_stamp(7) if stamped else Time())


def test_a_car_steers_no_more_than_it_can_and_cannot_turn_in_place():
    twist, limit = Twist(), 0.5
    twist.linear.x, twist.angular.z = 1.0, 100.0
    assert from_twist_command(twist, 0.16, limit) == (limit, 1.0)
    twist.linear.x, twist.angular.z = -0.5, 1.0  # backwards to the left: the wheels point to the right
    assert from_twist_command(twist, 0.16, limit) == (pytest.approx(-math.atan(0.32)), -0.5)
    twist.linear.x = 0.0
    assert from_twist_command(twist, 0.16, limit) == (0.0, 0.0)
    twist.angular.z = math.nan
    with pytest.raises(InputError, match="cmd_vel: found 0.0 m/s and nan rad/s, expected finite numbers"):
        from_twist_command(twist, 0.16, limit)


def test_ackermann_commands_come_in_as_drive_and_go_out(ros):
    stamped = pytest.importorskip("ackermann_msgs.msg").AckermannDriveStamped
    from deepracer_ros.nodes.outputs.ackermann import AckermannOutput

    commands: list[JointState] = []
    interfaces(ros, drive=commands.append)
    output = AckermannOutput(ros.node)
    heard = ros.listen(stamped, "ackermann_cmd")
    output.publish(0.25, 1.5, to_stamp(7))
    ros.until(lambda: commands and heard)
    assert (list(commands[0].position), list(commands[0].velocity)) == ([0.25], [1.5])
    assert commands[0].header.stamp == heard[0].header.stamp == to_stamp(7)


def test_transforms_join_map_to_the_camera(ros):
    messages = pytest.importorskip("tf2_msgs.msg")
    from rclpy.qos import DurabilityPolicy, QoSProfile

    outputs = interfaces(ros)
    fixed: list = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    ros.listener.create_subscription(messages.TFMessage, "tf_static", fixed.append, latched)
    moving = ros.listen(messages.TFMessage, "tf")
    outputs.publish(outcome(x=1.0, y=2.0, yaw=math.pi / 2), to_stamp(3))
    ros.until(lambda: fixed and moving)
    parents = {t.child_frame_id: t.header.frame_id for m in (fixed[0], moving[0]) for t in m.transforms}
    chain = ["camera_optical"]
    while chain[-1] in parents:
        chain.append(parents[chain[-1]])
    assert chain == ["camera_optical", "camera_link", "base_link", "odom", "map"]
    odom, car = moving[0].transforms
    assert (odom.transform.translation.x, odom.transform.translation.y) == (1.0, 2.0)
    assert odom.transform.rotation.z == pytest.approx(math.sqrt(0.5))
    assert (car.transform.translation.x, car.transform.rotation.w) == (0.0, 1.0)
    assert odom.header.stamp == car.header.stamp == to_stamp(3)


def test_gazebo_s_interface_reads_and_moves_cars(ros):
    messages, services = pytest.importorskip("gazebo_msgs.msg"), pytest.importorskip("gazebo_msgs.srv")
    world = environment(2)
    config = SimpleNamespace(camera=CAMERA, agent=AgentConfig())
    outputs = Interfaces(ros.node, world, config, Place(), Inputs(ros.node), lambda _: None)
    models = ros.listen(messages.ModelStates, "model_states")
    get = ros.listener.create_client(services.GetEntityState, "get_entity_state")
    put = ros.listener.create_client(services.SetEntityState, "set_entity_state")
    ros.until(lambda: get.service_is_ready() and put.service_is_ready())

    def call(client, request):
        answer = client.call_async(request)
        ros.until(answer.done)
        return answer.result()

    assert not call(get, services.GetEntityState.Request(name="car_1")).success  # before the first frame
    outputs.publish(outcome(2, x=1.0, speed=2.0), to_stamp(4))
    ros.until(lambda: models)
    assert (models[0].name, models[0].pose[1].position.x, models[0].twist[1].linear.x) == (["car_0", "car_1"], 1.0, 2.0)
    found = call(get, services.GetEntityState.Request(name="car_1", reference_frame="world"))
    assert found.success and found.state.pose.position.x == 1.0 and found.header.stamp == to_stamp(4)
    assert not call(get, services.GetEntityState.Request(name="racecar")).success

    request = services.SetEntityState.Request()
    request.state.name = "car_1"
    request.state.pose = to_pose(states(x=3.0, y=4.0, yaw=0.5), 0)
    assert call(put, request).success
    assert world.simulator.moved[0][0] == [False, True]
    assert world.simulator.moved[0][1][1] == pytest.approx([3.0, 4.0, 0.5])
    assert call(get, services.GetEntityState.Request(name="car_1")).state.pose.position.y == 4.0
    request.state.twist.linear.x = 1.0
    assert not call(put, request).success
    assert len(world.simulator.moved) == 1


class Open:
    """A simulator that takes models, as `OpenWorld` says."""

    def __init__(self):
        self.models = {}

    def spawn(self, name, model, pose):
        if name in self.models:
            raise InputError(f"found a model named {name}")
        self.models[name] = (model, pose)

    def delete(self, name):
        del self.models[name]


def test_models_come_and_go_by_gazebo_s_interface_where_the_simulator_takes_them(ros):
    pytest.importorskip("gazebo_msgs.msg")
    services = pytest.importorskip("gazebo_msgs.srv")
    world = environment(2)
    world.simulator = simulator = Open()
    config = SimpleNamespace(camera=CAMERA, agent=AgentConfig())
    Interfaces(ros.node, world, config, Place(), Inputs(ros.node), lambda _: None)
    spawn = ros.listener.create_client(services.SpawnEntity, "spawn_entity")
    delete = ros.listener.create_client(services.DeleteEntity, "delete_entity")
    ros.until(lambda: spawn.service_is_ready() and delete.service_is_ready())

    def call(client, request):
        answer = client.call_async(request)
        ros.until(answer.done)
        return answer.result()

    request = services.SpawnEntity.Request(name="box", xml="<sdf/>")
    request.initial_pose = to_pose(states(x=3.0, y=4.0, yaw=0.5), 0)
    request.initial_pose.position.z = 0.1
    assert call(spawn, request).success
    assert simulator.models["box"] == ("<sdf/>", pytest.approx((3.0, 4.0, 0.1, 0.0, 0.0, 0.5)))
    again = call(spawn, request)
    assert (again.success, again.status_message) == (False, "found a model named box")
    request.reference_frame = "car_0"
    assert "expected world" in call(spawn, request).status_message
    assert call(delete, services.DeleteEntity.Request(name="box")).success
    assert not simulator.models


def test_the_embedded_simulator_says_that_it_takes_no_models(ros):
    services = pytest.importorskip("gazebo_msgs.srv")
    config = SimpleNamespace(camera=CAMERA, agent=AgentConfig())
    Interfaces(ros.node, environment(1), config, Place(), Inputs(ros.node), lambda _: None)
    spawn = ros.listener.create_client(services.SpawnEntity, "spawn_entity")
    ros.until(spawn.service_is_ready)
    answer = spawn.call_async(services.SpawnEntity.Request(name="box", xml="<sdf/>"))
    ros.until(answer.done)
    assert answer.result().status_message.endswith("expected gazebo")
