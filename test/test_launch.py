# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The launch files name what exists; where ROS's `launch` is installed, they also run."""

import argparse
import ast
import importlib
import importlib.metadata
import importlib.util
import os
import re
import runpy
import shutil
import subprocess
import sys
import types
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
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
ARGUMENTS = {
    "gz": "true", "model": "runs/latest", "track": "oval", "view": "true", "seed": "3", "jobs": "2", "laps": "4",
    "simulator": "gazebo", "runs": "there", "arguments": "--set learning.epochs=6",
}  # fmt: skip
"""What is put on the command line; every other argument that has no default gets its own name."""


class Call:
    """Stands for whatever a launch file makes out of `launch` and `launch_ros`, and remembers it."""

    made: list["Call"] = []
    values: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs
        Call.made.append(self)

    def perform(self, context: object) -> str:
        """Return the text of a substitution."""
        kind, first = type(self).__name__, self.args[0]
        if kind == "LaunchConfiguration":
            return text(Call.values[first])
        return str(Path(*map(text, first)) if kind == "PathJoinSubstitution" else SHARE)


def text(value: Any) -> str:
    return value.perform(None) if isinstance(value, Call) else str(value)


def made(kind: str) -> list[Call]:
    return [call for call in Call.made if type(call).__name__ == kind]


def stub(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__path__ = []  # type: ignore[attr-defined]
    module.__getattr__ = lambda kind: type(kind, (Call,), {})  # type: ignore[method-assign]
    return module


def imported(source: Path) -> set[str]:
    """Return the modules of launch and launch_ros that a file imports from, and those that these lie in."""
    nodes = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.ImportFrom)]
    paths = [str(node.module).split(".") for node in nodes]
    return {".".join(p[:n]) for p in paths if p[0] in ("launch", "launch_ros") for n in range(1, len(p) + 1)}


@pytest.fixture(params=FILES)
def launched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """One launch file, run with stubs of launch and launch_ros and with every argument given."""
    source = SHARE / "launch" / request.param
    Call.made, Call.values = [], {}
    monkeypatch.chdir(tmp_path)  # what is relative to the folder that `ros2 launch` was started in is none of ours
    with monkeypatch.context() as patch:
        for name in imported(source):
            patch.setitem(sys.modules, name, stub(name))
        runpy.run_path(str(source))["generate_launch_description"]()
        for argument in made("DeclareLaunchArgument"):
            (name,) = argument.args
            Call.values[name] = ARGUMENTS.get(name) or argument.kwargs["default_value"] or f"a_{name}"
        for function in made("OpaqueFunction"):
            function.kwargs["function"](None)
    return request.param


def test_every_argument_is_described_and_declared(launched):
    for argument in made("DeclareLaunchArgument"):
        assert argument.kwargs["description"]
    assert {call.args[0] for call in made("LaunchConfiguration")} <= Call.values.keys()


def test_every_executable_is_a_console_script_or_of_a_package_we_depend_on(launched):
    scripts = {point.name: point for point in importlib.metadata.entry_points(group="console_scripts")}
    depends = {element.text for element in ElementTree.parse(SHARE / "package.xml").findall("exec_depend")}
    named = [(node.kwargs["package"], node.kwargs["executable"]) for node in made("Node")]
    named += [call.args[::-1] for call in made("ExecutableInPackage")]
    assert named
    for package, executable in named:
        if package == "deepracer_ros":
            module, _, function = scripts[executable].value.partition(":")
            source = Path(importlib.util.find_spec(module).origin).read_text()
            assert f"def {function}(" in source
        else:
            assert package in depends


def test_every_file_is_there(launched):
    places = [call.args[0] for call in made("PathJoinSubstitution")]
    ours = [Path(SHARE, *map(text, place[1:])) for place in places if place[0].args == ("deepracer_ros",)]
    strings = [value for call in Call.made for value in words((call.args, call.kwargs)) if str(SHARE) in value]
    ours += [Path(word) for value in strings for word in value.split() if word.startswith(f"{SHARE}{os.sep}")]
    assert [path for path in ours if not path.exists()] == []


def words(value: Any) -> Iterator[str]:
    """Yield all strings in nested arguments."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from words(list(value.values()))
    elif isinstance(value, list | tuple) or type(value).__name__ == "dict_items":
        for item in value:
            yield from words(item)


def test_included_launch_files_take_the_arguments_they_get(launched):
    for include in made("IncludeLaunchDescription"):
        package, _, name = include.args[0].args[0].args[0]
        if package.args == ("deepracer_ros",):
            source = (SHARE / "launch" / name).read_text()
            for argument in dict(include.kwargs.get("launch_arguments") or ()):
                assert re.search(rf'DeclareLaunchArgument\(\s*"{argument}"', source)


def test_commands_are_ones_that_the_console_script_takes(launched):
    for process in made("ExecuteProcess"):
        _, command, *options = process.kwargs["cmd"]
        parser = argparse.ArgumentParser(exit_on_error=False)
        importlib.import_module(f"deepracer_ros.cli.{command}").add_parser(parser.add_subparsers())
        parsed = vars(parser.parse_args([command, *options]))
        assert parsed["track"] == "oval"
        assert parsed["simulator"] == "gazebo"
        assert parsed.get("laps", 4) == 4
        assert parsed.get("seed", 3) == 3


def configuration(parameters: dict[str, Any]) -> tuple[RunConfig, Place]:
    """Return what a node reads out of its parameters, and refuse keys of earlier releases, which a node would skip."""
    own = {field.name for field in fields(Place)}
    place = from_mapping(Place, {name: value for name, value in parameters.items() if name in own})
    return from_mapping(RunConfig, {name: value for name, value in parameters.items() if name not in own}), place


def test_parameters_are_keys_of_the_configuration(launched):
    for node in made("Node"):
        if node.kwargs["package"] == "deepracer_ros":
            file, ours = node.kwargs["parameters"]
            plain = {key: text(value.args[0]) if isinstance(value, Call) else value for key, value in ours.items()}
            config, place = configuration(merge(read_parameters(Path(text(file))), nest(plain)))
            assert not config.agent.explore or node.kwargs["executable"] == "simulation_node"
            assert not place.recorded, "no launch file starts a recorder: the simulation would wait for it for ever"


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


def test_launch_files_run_in_ros_own_python(launched):
    tree = ast.parse((SHARE / "launch" / launched).read_text())
    modules = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {module.split(".")[0] for module in modules} <= {"launch", "launch_ros", "pathlib", "shlex", "yaml"}


def test_the_bridge_carries_the_topics_of_the_urdf():
    bridges = yaml.safe_load((SHARE / "config" / "gz_bridge.yaml").read_text())
    urdf = xacro.process_file(str(SHARE / "urdf" / "deepracer.urdf.xacro"), mappings={"simulator": "gz"}).toxml()
    root = ElementTree.fromstring(urdf)
    topics = {f"/{element.text}" for tag in ("topic", "odom_topic") for element in root.iter(tag)}
    # gz-sim's own: the calibration lies beside the image, the odometry's transform under the model.
    topics |= {"/clock", "/camera_info", "/model/deepracer/tf"}
    assert {bridge["gz_topic_name"] for bridge in bridges} == topics
    directions = {bridge["gz_topic_name"]: bridge["direction"] for bridge in bridges}
    assert directions.pop("/cmd_vel") == "ROS_TO_GZ"
    assert set(directions.values()) == {"GZ_TO_ROS"}
    for bridge in bridges:
        package, _, name = bridge["ros_type_name"].partition("/msg/")
        if package != "tf2_msgs":
            assert hasattr(importlib.import_module(f"{package}.msg"), name)


def needs_launch() -> str:
    """Return what is missing for a real `ros2 launch` of the installed package; empty if nothing is."""
    if shutil.which("ros2") is None or importlib.util.find_spec("launch_ros") is None:
        return "ros2 launch is not installed"
    prefixes = [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    if not any((prefix / "lib" / "deepracer_ros" / "deepracer").is_file() for prefix in prefixes):
        return "deepracer_ros is not installed by colcon in this environment"
    return ""


real = pytest.mark.skipif(bool(needs_launch()), reason=needs_launch())


@real
@pytest.mark.parametrize("name", FILES)
def test_the_description_builds(name):
    shown = subprocess.run(
        ["ros2", "launch", "deepracer_ros", name, "--show-args"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert "(default:" in shown.stdout


@real
@pytest.mark.timeout(240)
def test_a_training_ends_the_launch_and_so_does_bad_input(tmp_path):
    def launch(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["ros2", "launch", "deepracer_ros", "training.launch.py", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)

    short = "--set trainer.max_env_steps=500 --set simulation.cars=8 --set trainer.batch_segments=8"
    done = launch("track:=oval", "name:=short", f"arguments:={short} --set trainer.evaluation_starts=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "laps completed" in done.stdout
    assert (tmp_path / "runs" / "short" / "summary.json").is_file()
    bad = launch("track:=nowhere")
    assert bad.returncode == 1
    assert "track nowhere: unknown" in bad.stdout + bad.stderr
