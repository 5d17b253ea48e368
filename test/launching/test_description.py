# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Each launch file with every argument given: what it names exists, and every node gets what it can take."""

import argparse
import ast
import importlib
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xacro
import yaml

from deepracer_ros.config import from_mapping
from deepracer_ros.parameters import merge, nest, read_parameters
from deepracer_ros.race.catalogue import find_track, shipped_names
from deepracer_ros.share import share_directory
from deepracer_ros.training.config import Place, RunConfig

SHARE = share_directory()
FILES = sorted(path.name for path in (SHARE / "launch").glob("*.launch.py"))
CASES = [*((name, "false") for name in FILES), ("gazebo.launch.py", "true")]
DRIVING = ("drive.launch.py", "fleet.launch.py", "gazebo.launch.py")
"""Launch files with a simulation and its agent."""
COMMON = {"namespace": "", "use_sim_time": "true", "log_level": "info", "use_respawn": "false"}
"""Arguments of every launch file, with their defaults."""
GIVEN = {
    "namespace": "lab", "log_level": "debug", "model": "runs/latest", "track": "oval", "view": "true", "seed": "3",
    "jobs": "2", "laps": "4", "simulator": "gazebo", "runs": "there", "arguments": "--set learning.epochs=6",
    "frame_prefix": "car/",
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-gz" if case[1] == "true" else case[0])
def launched(request, describe):
    """One launch file, interpreted with every argument given."""
    name, gz = request.param
    names = set(re.findall(r'DeclareLaunchArgument\(\s*"([\w-]+)"|^    "(\w+)": "', source_of(name), re.MULTILINE))
    given = {**GIVEN, "gz": gz} if name == "gazebo.launch.py" else GIVEN
    arguments = [f"{key}:={value}" for key, value in given.items() if key in {word for pair in names for word in pair}]
    return name, describe(name, *arguments)


def source_of(name: str) -> str:
    return (SHARE / "launch" / name).read_text() + (SHARE / "launch" / "shared.py").read_text()


def started(launched, package: str | None = None) -> list[dict[str, Any]]:
    """Return the recorded processes, of one package if one is named."""
    return [record for record in launched.records("process") if package in (None, record["package"])]


@pytest.mark.parametrize("name", FILES)
def test_every_launch_file_has_the_arguments_that_ros_users_expect(describe, name):
    arguments = {record["argument"]: record for record in reversed(describe(name).records("argument"))}
    assert all(record["description"] for record in arguments.values())
    expected = COMMON | ({"use_sim_time": "false"} if name == "car.launch.py" else {})
    assert {key: arguments[key]["value"] for key in expected} == expected
    assert arguments["params_file"]["value"] == "" or Path(arguments["params_file"]["value"]).is_file()
    with_frames = name in ("view.launch.py", *DRIVING)
    assert ("frame_prefix" in arguments) == with_frames
    assert ("autostart" in arguments) == (name in ("car.launch.py", *DRIVING))


@pytest.mark.parametrize(("name", "nodes"), [("drive.launch.py", 2), ("fleet.launch.py", 4), ("car.launch.py", 1)])
def test_managed_nodes_wait_for_a_manager_where_that_is_wanted(describe, name, nodes):
    launched = describe(name, "autostart:=false", "model:=m")
    assert [parameters(record)["autostart"] for record in started(launched, "deepracer_ros")] == nodes * [False]


def test_a_car_with_servos_has_its_guard_too(describe):
    launched = describe("car.launch.py", "model:=m", "servos:=true")
    records = started(launched, "deepracer_ros")
    assert [record["executable"] for record in records] == ["agent_node", "car_guard"]
    assert all(parameters(record)["simulation"]["cars"] == 1 for record in records)


def test_ros_itself_reads_the_descriptions(ros2_launch):
    for name in FILES:
        command = ["ros2", "launch", "deepracer_ros", name, "--show-args"]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
        assert shown.returncode == 0, shown.stderr
        assert "(default:" in shown.stdout


def test_every_executable_is_a_console_script_or_of_a_package_we_depend_on(launched):
    scripts = {point.name: point for point in importlib.metadata.entry_points(group="console_scripts")}
    depends = {element.text for element in ElementTree.parse(SHARE / "package.xml").findall("exec_depend")}
    assert started(launched[1])
    for record in started(launched[1]):
        if record["package"] == "deepracer_ros":
            module, _, function = scripts[record["executable"]].value.partition(":")
            source = Path(importlib.util.find_spec(module).origin).read_text()
            assert f"def {function}(" in source
        else:
            assert record["package"] in depends


def test_every_file_is_there(launched):
    strings = [word for record in started(launched[1]) for word in record["command"]]
    strings += [word for record in started(launched[1]) for word in record["environment"].values()]
    strings += [value for record in launched[1].records("include") for value in record["arguments"].values()]
    words = [word for value in strings for part in value.split() for word in part.split(os.pathsep)]
    named = [Path(word) for word in words if word.startswith(f"{SHARE}{os.sep}")]
    assert [path for path in named if not path.exists()] == []


def test_included_launch_files_take_the_arguments_they_get(launched):
    for record in launched[1].records("include"):
        path = Path(record["include"])
        if path.parent == SHARE / "launch":
            for argument in record["arguments"]:
                assert re.search(rf'DeclareLaunchArgument\(\s*"{argument}"', source_of(path.name))


def test_every_node_is_in_the_namespace_with_relative_topics_and_the_log_level(launched):
    name = launched[0]
    for record in started(launched[1]):
        command = record["command"]
        assert command[:3] == ["setpriv", "--pdeathsig", "KILL"]
        assert record["process"] != "setpriv"
        if record["executable"] != "deepracer":
            spaces = ["lab/car_1", "lab/car_2"] if name == "fleet.launch.py" else ["lab"]
            assert any(f"__ns:=/{space}" in command for space in spaces)
            assert {"/tf:=tf", "/tf_static:=tf_static", "/clock:=clock"} <= set(command)
            assert command[command.index("--log-level") + 1] == "debug"


def test_commands_are_ones_that_the_console_script_takes(launched):
    for record in started(launched[1], "deepracer_ros"):
        if record["executable"] == "deepracer":
            command, *options = record["command"][record["command"].index("deepracer_ros.cli.main") + 1 :]
            parser = argparse.ArgumentParser(exit_on_error=False)
            importlib.import_module(f"deepracer_ros.cli.{command}").add_parser(parser.add_subparsers())
            parsed = vars(parser.parse_args([command, *options]))
            assert parsed["track"] == "oval"
            assert parsed["simulator"] == "gazebo"
            assert parsed.get("laps", 4) == 4
            assert parsed.get("seed", 3) == 3


def parameters(record: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a node of its files, in which the last one counts."""
    command, found = record["command"], {}
    for option, value in zip(command, command[1:], strict=False):
        if option == "--params-file":
            found = merge(found, nest(read_parameters(Path(value))))
    return found


def configuration(values: dict[str, Any]) -> tuple[RunConfig, Place]:
    """Return what a node reads out of its parameters, and refuse keys of earlier releases, which a node would skip."""
    own = {field.name for field in fields(Place)}
    place = from_mapping(Place, {name: value for name, value in values.items() if name in own})
    return from_mapping(RunConfig, {name: value for name, value in values.items() if name not in own}), place


def test_every_node_is_configured_for_one_car(launched):
    nodes = [record for record in started(launched[1], "deepracer_ros") if record["executable"] != "deepracer"]
    for record in nodes:
        values = parameters(record)
        # The simulation is the source of time: with the time of its own clock it would never begin.
        assert ("use_sim_time" in values) == (record["executable"] == "agent_node")
        values.pop("use_sim_time", None)
        config, place = configuration(values)
        assert (config.simulation.cars, config.simulation.real_time) == (1, True)
        assert not config.agent.explore or record["executable"] == "simulation_node"
        assert not place.recorded, "no launch file starts a recorder: the simulation would wait for it for ever"


def test_frames_have_the_prefix(describe):
    launched = describe("fleet.launch.py", "cars:=2", "view:=true", "frame_prefix:=lab_")
    for record in launched.records("process"):
        number = re.search(r"__ns:=/car_(\d)", " ".join(record["command"]))[1]
        if record["executable"] in ("simulation_node", "robot_state_publisher"):
            assert parameters(record)["frame_prefix"] == f"lab_car_{number}/"
        if record["executable"] == "rviz2":
            text = Path(record["command"][record["command"].index("-d") + 1]).read_text()
            assert f"TF Prefix: lab_car_{number}\n" in text
            assert f"Target Frame: lab_car_{number}/base_link\n" in text
            assert "Fixed Frame: map\n" in text


def test_rviz_has_the_prefix_in_its_fixed_frame_too(describe):
    config = SHARE / "config" / "car.rviz"
    launched = describe("view.launch.py", f"rviz_config:={config}", "frame_prefix:=lab/")
    (rviz,) = (record for record in started(launched) if record["executable"] == "rviz2")
    text = Path(rviz["command"][rviz["command"].index("-d") + 1]).read_text()
    assert "Fixed Frame: lab/odom\n" in text


def test_a_launch_with_a_prefix_leaves_one_file_of_rviz_in_the_folder_of_ros(describe, tmp_path):
    for prefix in ("lab/", "lab/", "room/"):
        describe("view.launch.py", f"frame_prefix:={prefix}", environment={"ROS_HOME": str(tmp_path / "ros")})
    files = [path for path in (tmp_path / "ros").iterdir() if path.name != "log"]  # of launch itself
    assert len(files) == 2
    assert all(file.name.startswith("deepracer-") and file.suffix == ".rviz" for file in files)


def test_a_respawned_node_does_not_end_the_launch(describe):
    for name, once in (("drive.launch.py", set()), ("gazebo.launch.py", {"create"})):
        launched = describe(name, "gz:=true", "view:=true", "model:=m", "use_respawn:=true", "track:=oval")
        assert {record["executable"] for record in started(launched) if not record["respawns"]} == once


def test_controllers_drive_gz_sim_s_car_where_that_is_wanted(describe):
    launched = describe(
        "gazebo.launch.py", "gz:=true", "ros2_control:=true", "model:=m", "frame_prefix:=lab_", "namespace:=lab"
    )
    records = {record["executable"]: record for record in started(launched)}
    spawner = records["spawner"]
    assert (spawner["package"], spawner["respawns"]) == ("controller_manager", False)
    words = " ".join(spawner["command"])
    for word in ("ackermann_steering_controller", "~/reference:=cmd_vel", "odom_frame_id:=lab_odom"):
        assert word in words
    assert parameters(records["parameter_bridge"])["config_file"].endswith("gz_bridge_control.yaml")
    assert parameters(records["agent_node"])["agent"]["stamped_cmd_vel"] is True
    bridged = {
        bridge["gz_topic_name"] for bridge in yaml.safe_load((SHARE / "config/gz_bridge_control.yaml").read_text())
    }
    assert bridged == {"/clock", "/camera", "/camera_info"}
    plain = describe("gazebo.launch.py", "gz:=true", "model:=m")
    assert "spawner" not in {record["executable"] for record in started(plain)}


def test_the_car_stands_still_until_it_has_a_model():
    config, place = configuration(read_parameters(SHARE / "config" / "car.yaml"))
    assert (config.agent.explore, config.agent.random_before_model) == (False, False)
    assert config.agent.max_age <= 0.2
    assert place == Place(run="run")


def test_the_car_starts_on_the_start_line():
    starts = yaml.safe_load((SHARE / "config" / "gz_start.yaml").read_text())
    assert set(starts) == set(shipped_names())
    for name, pose in starts.items():
        assert pose == pytest.approx(find_track(name).pose_at(np.zeros(1))[0], abs=1e-3)


@pytest.mark.parametrize("name", [*FILES, "shared.py"])
def test_launch_files_run_in_ros_own_python(name):
    tree = ast.parse((SHARE / "launch" / name).read_text())
    modules = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {module.split(".")[0] for module in modules} <= {"launch", "launch_ros", "yaml", *sys.stdlib_module_names}


def test_the_bridge_carries_the_topics_of_the_urdf():
    bridges = yaml.safe_load((SHARE / "config" / "gz_bridge.yaml").read_text())
    mappings = {"simulator": "gz", "frame_prefix": "car_1/"}
    urdf = xacro.process_file(str(SHARE / "urdf" / "deepracer.urdf.xacro"), mappings=mappings).toxml()
    root = ElementTree.fromstring(urdf)
    assert [root.find(f".//{tag}").text for tag in ("frame_id", "child_frame_id")] == ["car_1/odom", "car_1/base_link"]
    topics = {f"/{element.text}" for tag in ("topic", "odom_topic") for element in root.iter(tag)}
    # gz-sim's own: the calibration lies beside the image, the odometry's transform under the model.
    topics |= {"/clock", "/camera_info", "/model/deepracer/tf"}
    assert {bridge["gz_topic_name"] for bridge in bridges} == topics
    directions = {bridge["gz_topic_name"]: bridge["direction"] for bridge in bridges}
    assert directions.pop("/cmd_vel") == "ROS_TO_GZ"
    assert set(directions.values()) == {"GZ_TO_ROS"}
    for bridge in bridges:
        assert not bridge["ros_topic_name"].startswith("/")  # so that it is in the namespace of the bridge
        package, _, name = bridge["ros_type_name"].partition("/msg/")
        if package != "tf2_msgs":
            assert hasattr(importlib.import_module(f"{package}.msg"), name)
