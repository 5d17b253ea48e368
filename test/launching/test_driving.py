# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Every launch file that moves a car moves one: its nodes run, and the test watches the topics."""

import numpy as np
import pytest
from geometry_msgs.msg import Twist
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, JointState, PointCloud2

from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.stamps import to_stamp
from deepracer_ros.nodes.qos import in_order
from deepracer_ros.share import share_directory
from deepracer_ros.training.config import read_config

pytestmark = pytest.mark.timeout(120)  # a busy machine takes long to start the nodes of three cars
SHARED = {"/diagnostics", "/rosout", "/parameter_events"}
"""Topics of all nodes of a ROS domain."""


def test_one_car_drives_and_its_launch_ends_with_ctrl_c(launch, watch, model):
    launched = launch("drive.launch.py", "track:=oval", f"model:={model}")
    watch.cars_move(launched, "/race/state")
    launched.interrupt()
    assert launched.wait() == 0
    assert "Traceback" not in launched.words


def test_a_model_of_stacked_frames_drives_a_car_with_single_frames(launch, watch, write_untrained, tmp_path):
    config = read_config({"camera": {"stack_size": 3}, "network": {"stack_size": 3}}, "test")
    launched = launch("drive.launch.py", "track:=oval", f"model:={write_untrained(tmp_path / 'model', config)}")
    watch.cars_move(launched, "/race/state")
    assert "Traceback" not in launched.words


def test_each_car_of_a_fleet_drives_with_topics_of_its_own(launch, watch, model):
    launched = launch("fleet.launch.py", "cars:=3", "track:=oval", f"model:={model}")
    names = [f"car_{number}" for number in (1, 2, 3)]
    watch.cars_move(launched, *(f"/{name}/race/state" for name in names))
    topics = {name for name, _ in watch.node.get_topic_names_and_types()} - SHARED
    for name in names:
        assert {f"/{name}/{topic}" for topic in ("camera/image_raw", "drive", "clock")} <= topics
    assert [topic for topic in topics if not topic.startswith(tuple(f"/{name}/" for name in names))] == []
    nodes = {(node, f"/{name}") for node in ("simulation", "agent") for name in names}
    watch.until(lambda: nodes <= set(watch.node.get_node_names_and_namespaces()), launched)


@pytest.mark.gazebo
@pytest.mark.parametrize("cars", [1, 2])
def test_cars_drive_in_one_gazebo(launch, watch, model, cars):
    launched = launch("gazebo.launch.py", "track:=oval", f"model:={model}", "namespace:=lab", f"cars:={cars}")
    states = watch.listen(PointCloud2, "/lab/race/state")
    watch.cars_move(launched, "/lab/race/state")
    assert states[-1].width == cars
    launched.interrupt()
    assert launched.wait() == 0


def stream(watch, launched, stamp, size):
    """Publish frames of one camera until the agent has commanded a car to move."""
    commands = watch.listen(Twist, "/lab/cmd_vel")
    drives = watch.listen(JointState, "/lab/drive")
    images = watch.node.create_publisher(Image, "/lab/camera/image_raw", in_order(1))
    watch.until(lambda: images.get_subscription_count() > 0, launched)

    def moves():
        images.publish(to_image(np.full((1, *size), 90, np.uint8), stamp()))
        return any(command.linear.x > 0.3 for command in commands)

    watch.until(moves, launched)
    assert all(len(drive.velocity) == 1 for drive in drives)


def test_the_agent_drives_the_car_of_gz_sim(launch, watch, model):
    """The test stands for gz-sim: a camera with a clock of its own."""
    launched = launch(
        "gazebo.launch.py", "gz:=true", "track:=oval", f"model:={model}", "namespace:=lab", interpreted=True
    )
    clock = watch.node.create_publisher(Clock, "/lab/clock", 10)
    steps = iter(range(100000))

    def stamp():
        now = to_stamp(next(steps))
        clock.publish(Clock(clock=now))
        return now

    stream(watch, launched, stamp, (120, 160, 3))


@pytest.mark.parametrize("file", ["car.yaml", "training.yaml"])
def test_the_agent_drives_a_real_car_whatever_the_parameter_file_says(launch, watch, model, file):
    config = share_directory() / "config" / file
    launched = launch("car.launch.py", f"model:={model}", f"params_file:={config}", "namespace:=lab")
    stream(watch, launched, lambda: watch.node.get_clock().now().to_msg(), (480, 640, 3))
