# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The nodes send through shared memory that holds many images; `benchmarks/camera.py` and `stops.py` measure with it.

A receiver that is killed in the middle of a message keeps its part of the segment, so a small one is soon used up.
"""

import os
import subprocess
import sys

import pytest

from deepracer_ros.nodes.transport import PROFILES

IMAGE = 640 * 480 * 3
PRINT = """
import pathlib, re
names = set(re.findall(r"/dev/shm/fastrtps_[0-9a-f]+$", pathlib.Path("/proc/self/maps").read_text(), re.MULTILINE))
print(*(pathlib.Path(name).stat().st_size for name in names))
"""
"""Prints the sizes of the shared-memory segments of this process, byte."""
PLAIN = f"""
import rclpy
rclpy.init()
node = rclpy.create_node("camera")
{PRINT}
"""
OURS = f"""
from deepracer_ros.nodes.base import make_node, run

class Camera:
    finished = True
    def __init__(self):
        self.node = make_node("camera")
    def close(self):
        self.node.destroy_node()

def make():
    camera = Camera()
    {PRINT.replace(chr(10), chr(10) + "    ")}
    return camera

run([make], [])
"""
SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<dds xmlns="http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"><profiles>
  <participant profile_name="mine" is_default_profile="true"><rtps><name>mine</name></rtps></participant>
</profiles></dds>
"""


@pytest.mark.parametrize(
    ("script", "chosen", "is_large"),
    [(PLAIN, "", False), (OURS, "", True), (OURS, "mine.xml", False)],
    ids=["other nodes", "our nodes", "the user's profile"],
)
def test_the_segment_of_our_nodes_holds_many_images_unless_the_user_has_chosen_one(tmp_path, script, chosen, is_large):
    environment = {name: value for name, value in os.environ.items() if name not in PROFILES}
    if chosen:
        (tmp_path / chosen).write_text(SMALL)
        environment[PROFILES[0]] = environment[PROFILES[1]] = str(tmp_path / chosen)
    answer = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    size = max(map(int, answer.stdout.split()))  # ports are there too
    assert (size > 30 * IMAGE) if is_large else (size < IMAGE)
