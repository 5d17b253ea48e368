# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The transport profile holds images of a car's camera in shared memory; `benchmarks/camera.py` measures with it."""

import os
import subprocess
import sys

import pytest

from deepracer_ros.share import share_directory

IMAGE = 640 * 480 * 3
SEGMENTS = """
import pathlib, re, rclpy
rclpy.init()
node = rclpy.create_node("camera")
names = set(re.findall(r"/dev/shm/fastrtps_[0-9a-f]+$", pathlib.Path("/proc/self/maps").read_text(), re.MULTILINE))
print(*(pathlib.Path(name).stat().st_size for name in names))
"""
"""Prints the sizes of the shared-memory segments of a node, byte."""


@pytest.mark.parametrize("profile", ["", str(share_directory() / "config" / "fastdds.xml")], ids=["default", "ours"])
def test_a_node_s_segment_holds_images_with_the_profile(profile):
    names = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    if profile:
        environment |= dict.fromkeys(names, profile)
    answer = subprocess.run(
        [sys.executable, "-c", SEGMENTS], env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    size = max(map(int, answer.stdout.split()))  # ports are there too
    assert (size > 30 * IMAGE) if profile else (size < IMAGE)
