# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""package.xml and CHANGELOG.rst: what a ROS index, rosdep and bloom read."""

import ast
import re
import runpy
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The rosdep key of each library of setup.py that has one. xacro is a ROS package.
KEYS = {
    "boto3": "python3-boto3",
    "matplotlib": "python3-matplotlib",
    "numba": "python3-numba",
    "numpy": "python3-numpy",
    "opencv-python-headless": "python3-opencv",
    "pillow": "python3-pil",
    "protobuf": "python3-protobuf",
    "pyyaml": "python3-yaml",
    "redis": "python3-redis",
    "rich": "python3-rich",
    "scipy": "python3-scipy",
    "shapely": "python3-shapely",
    "torch": "python3-torch",
    "xacro": "xacro",
}
GZ = {
    "ros_gz_bridge", "ros_gz_sim", "gz_ros2_control", "controller_manager", "joint_state_broadcaster",
    "ackermann_steering_controller",
}  # fmt: skip


@pytest.fixture(scope="module")
def manifest():
    return ElementTree.parse(ROOT / "package.xml").getroot()


@pytest.fixture(scope="module")
def rst():
    return runpy.run_path(str(ROOT / ".ci" / "changelog.py"))["rst"]


def libraries():
    """The names under `install_requires`, read from the text of setup.py."""
    for node in ast.walk(ast.parse((ROOT / "setup.py").read_text())):
        if isinstance(node, ast.keyword) and node.arg == "install_requires":
            return {re.match(r"[\w-]+", requirement)[0] for requirement in ast.literal_eval(node.value)}
    raise AssertionError("setup.py has no install_requires")


def test_manifest_is_one_that_colcon_takes(manifest):
    assert manifest.get("format") == "3"
    assert manifest.findtext("export/build_type") == "ament_python"
    address = manifest.find("maintainer").get("email")
    assert re.fullmatch(r"[\w%+-]+(\.[\w%+-]+)*@[\w%-]+(\.[\w%-]+)*\.[A-Za-z]{2,}", address)
    assert manifest.findtext("license") == "Apache-2.0"
    depends = [element.text for element in manifest if element.tag.endswith("depend")]
    assert len(set(depends)) == len(depends)


def test_every_library_has_its_rosdep_key_or_is_named_as_one_without(manifest):
    (comment,) = re.findall(r"Without a key [^:]*: ([\w, \n]+)\.", (ROOT / "package.xml").read_text())
    without = set(re.findall(r"\w+", comment))
    assert not without & set(KEYS)
    assert libraries() == without | set(KEYS)
    depends = {element.text for element in manifest.iterfind("exec_depend")}
    assert {name for name in depends if name.startswith("python3-")} | {"xacro"} == set(KEYS.values())


@pytest.mark.parametrize(
    ("distribution", "packages"), [("humble", {"gazebo_msgs"}), ("jazzy", {"gazebo_msgs", *GZ}), ("kilted", GZ)]
)
def test_each_distribution_gets_what_it_has(manifest, distribution, packages):
    conditions = {element.text: element.get("condition") for element in manifest if element.get("condition")}
    named = {name: re.findall(r"\$ROS_DISTRO == (\w+)", condition) for name, condition in conditions.items()}
    assert {name for name, distributions in named.items() if distribution in distributions} == packages
    for name, condition in conditions.items():
        assert condition == " or ".join(f"$ROS_DISTRO == {other}" for other in named[name])


def test_manifest_says_who_made_it_and_where_it_is(manifest):
    urls = {element.get("type"): element.text for element in manifest.iterfind("url")}
    assert set(urls) == {"website", "repository", "bugtracker"}
    assert all(re.fullmatch(r"https://\S+", url) for url in urls.values())
    assert manifest.findtext("author")


def test_package_format_takes_the_manifest():
    package = pytest.importorskip("catkin_pkg.package")
    warnings = []
    package.parse_package(str(ROOT), warnings=warnings).validate(warnings=warnings)
    assert warnings == []


def test_changelog_for_bloom_is_that_of_the_project(rst):
    made = rst((ROOT / "CHANGELOG.md").read_text())
    assert (ROOT / "CHANGELOG.rst").read_text() == made, "run `make changelog`"


def test_changelog_for_bloom_has_its_form(rst):
    text = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A *b*, `c_d` and\n  [e](https://f.example).\n- G_.\n"
    page = rst(text + "\n### Fixed\n\n- H.\n\n## [1.2.3] - 2026-12-31\n\n### Added\n\n- I.\n")
    assert page.partition("change that file.\n\n")[2] == (
        "Forthcoming\n-----------\n\n* Added\n\n"
        "  * A \\*b\\*, ``c_d`` and\n    `e <https://f.example>`__.\n  * G\\_.\n\n* Fixed\n\n  * H.\n\n"
        "1.2.3 (2026-12-31)\n------------------\n\n* Added\n\n  * I.\n"
    )


@pytest.mark.parametrize("text", ["# C\n\n## 1.2.3\n", "# C\n\n## [1.2.3]\n", "# C\n\n## [Unreleased]\n\n- `a\n"])
def test_a_changelog_that_bloom_could_not_read_is_an_error(rst, text):
    with pytest.raises(ValueError, match=r"^CHANGELOG\.md: "):
        rst(text)
