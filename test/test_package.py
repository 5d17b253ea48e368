# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import ast
import configparser
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import pytest

from deepracer_ros.cli import main as cli
from deepracer_ros.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
TEXT = {".py", ".md", ".xml", ".cfg", ".toml", ".yaml", ".yml", ".txt", ".xacro", ".world", ".sdf", ".ini", ".sh", ""}


@pytest.fixture(scope="module")
def manifest():
    return ElementTree.parse(ROOT / "package.xml").getroot()


@pytest.fixture(scope="module")
def setup_arguments():
    """What setup.py hands to setuptools."""
    code = """
import json, setuptools
setuptools.setup = lambda **arguments: print(json.dumps(arguments))
exec(compile(open("setup.py").read(), "setup.py", "exec"))
"""
    command = [sys.executable, "-c", f"__file__ = 'setup.py'{code}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    return json.loads(run.stdout)


def tracked_files():
    """Every file of the checkout that is not ignored, whether committed yet or not."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    if run.returncode:
        pytest.skip("not a git checkout: no list of its files")
    return [path for name in run.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_version_and_name_stand_in_the_manifest_alone(manifest, setup_arguments):
    assert setup_arguments["version"] == manifest.findtext("version") == cli.version()
    assert setup_arguments["name"] == manifest.findtext("name") == "deepracer_ros"
    assert setup_arguments["maintainer_email"] == manifest.find("maintainer").get("email")


def test_every_subpackage_is_installed(setup_arguments):
    folders = {path.parent for path in (ROOT / "deepracer_ros").rglob("*.py")}
    assert set(setup_arguments["packages"]) == {".".join(folder.relative_to(ROOT).parts) for folder in folders}


def test_files_that_are_no_code_are_installed_with_their_package(setup_arguments):
    declared = {
        path
        for package, patterns in setup_arguments["package_data"].items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    inside = {path for path in tracked_files() if ROOT / "deepracer_ros" in path.parents and path.suffix != ".py"}
    assert inside <= declared


def test_data_files_exist_and_keep_their_folders(setup_arguments):
    files = dict(setup_arguments["data_files"])
    assert files["share/ament_index/resource_index/packages"] == ["resource/deepracer_ros"]
    assert files["share/deepracer_ros"] == ["package.xml", "LICENSE"]
    for folder, names in files.items():
        for name in names:
            assert (ROOT / name).is_file()
            if folder.startswith("share/deepracer_ros/"):
                assert folder == f"share/deepracer_ros/{os.path.dirname(name)}"
    shared = {name for names in files.values() for name in names}
    wanted = {
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.relative_to(ROOT).parts[0] in ("config", "launch", "urdf", "worlds")
    }
    assert wanted <= shared


def test_entry_points_name_functions(setup_arguments):
    """Read, not imported: what a node imports may be slow or absent."""
    scripts = setup_arguments["entry_points"]["console_scripts"]
    assert scripts[0] == "deepracer = deepracer_ros.cli.main:main"
    for script in scripts:
        module, function = script.split(" = ")[1].split(":")
        tree = ast.parse((ROOT / module.replace(".", "/")).with_suffix(".py").read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, script


def test_executables_go_where_ros2_run_looks():
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "setup.cfg")
    assert settings["develop"]["script_dir"] == "$base/lib/deepracer_ros"
    assert settings["install"]["install_scripts"] == "$base/lib/deepracer_ros"


def test_requirements_have_bounds_and_tests_are_an_extra(setup_arguments):
    extras = setup_arguments["extras_require"]
    assert any(requirement.startswith("pytest>") for requirement in extras["test"])
    assert "tests_require" not in setup_arguments
    for requirement in [*setup_arguments["install_requires"], *sum(extras.values(), [])]:
        assert ">=" in requirement and "<" in requirement, requirement


def imported(*folders):
    """Top-level names of what the Python files under the folders import from elsewhere."""
    names = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"deepracer_ros"}


def test_everything_imported_is_declared(manifest, setup_arguments):
    ros = {element.text for element in manifest if element.tag.endswith("depend")}
    extras = ("optimal", "onnx", "openvino", "tflite", "ray")
    needed = [
        *setup_arguments["install_requires"],
        *sum((setup_arguments["extras_require"][name] for name in extras), []),
    ]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in needed}
    distributions = {
        "cv2": "opencv-python-headless", "PIL": "pillow", "yaml": "pyyaml", "botocore": "boto3", "google": "protobuf",
        "tensorflow": "tensorflow-cpu",
    }  # fmt: skip
    undeclared = {
        name
        for name in imported("deepracer_ros", "launch")
        if name not in ros and distributions.get(name, name).lower() not in names
    }
    assert not undeclared


def test_examples_need_nothing_that_is_not_declared(setup_arguments):
    requirements = [*setup_arguments["install_requires"], *sum(setup_arguments["extras_require"].values(), [])]
    names = {re.match(r"[\w-]+", requirement)[0].lower().replace("-", "_") for requirement in requirements}
    assert imported("examples") - {"deepracer_ros"} <= names


def test_launch_files_start_declared_packages_only(manifest):
    ros = {element.text for element in manifest if element.tag.endswith("depend")}
    text = "".join(path.read_text() for path in (ROOT / "launch").glob("*.py"))
    assert set(re.findall(r'package="(\w+)"', text)) - {"deepracer_ros"} <= ros


def test_no_file_names_a_package_registry():
    names = ("pypi", "pythonhosted", "registry.npmjs", "deb.debian")  # completed here, or this file would name them
    hosts = re.compile("|".join(rf"\b{re.escape(name)}\.org" for name in names))
    found = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.suffix in TEXT and path.stat().st_size < 1_000_000 and hosts.search(path.read_text(errors="replace"))
    ]
    assert not found


def deepracer(*arguments):
    command = [sys.executable, "-X", "importtime", "-m", "deepracer_ros.cli.main", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)


def test_help_teaches_and_loads_nothing_slow():
    run = deepracer("--help")
    assert run.returncode == 0
    assert "deepracer train" in run.stdout
    for command in cli.COMMANDS:
        assert re.search(rf"^ +{command} +\S", run.stdout, re.MULTILINE), f"{command} has no line of help"
    loaded = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert not loaded & {"torch", "rclpy", "matplotlib"}


def test_version_option(manifest):
    assert deepracer("--version").stdout == f"deepracer_ros {manifest.findtext('version')}\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"]])
def test_no_command_or_an_unknown_one_is_one_line(arguments):
    run = deepracer(*arguments)
    assert run.returncode == 2
    (line,) = [line for line in run.stderr.splitlines() if not line.startswith("import time:")]
    assert line.startswith("deepracer: ")
    assert line.endswith("`deepracer --help` shows what is expected")


@pytest.fixture
def failing_command(monkeypatch):
    """A command `fail` that raises what it is given."""

    def command(error):
        def run(_options):
            raise error

        def add_parser(subparsers):
            subparsers.add_parser("fail").set_defaults(run=run)

        monkeypatch.setattr(cli, "COMMANDS", ("fail",))
        monkeypatch.setitem(sys.modules, "deepracer_ros.cli.fail", SimpleNamespace(add_parser=add_parser))

    return command


def test_bad_input_is_one_line_and_exit_code_2(failing_command, capsys):
    failing_command(InputError("route.npy: found (3, 2), expected (N, 6)"))
    assert cli.main(["fail"]) == 2
    assert capsys.readouterr().err == "deepracer: route.npy: found (3, 2), expected (N, 6)\n"


def test_ctrl_c_is_exit_code_130(failing_command):
    failing_command(KeyboardInterrupt())
    assert cli.main(["fail"]) == 130


def test_a_reader_that_has_seen_enough_gets_no_traceback():
    command = f"set -o pipefail; {sys.executable} -m deepracer_ros.cli.main tracks list | true"
    run = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert run.stderr == ""
