# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The nodes use no shared memory, in which a killed receiver keeps its part, unless the user has chosen a transport.

`benchmarks/stops.py` tries it for long, `benchmarks/camera.py` measures with the profile for large images.
"""

import os
import subprocess
import sys

import pytest

from deepracer_ros.engine.domain import RANGE
from deepracer_ros.nodes.transport import PROFILES, TRANSPORTS
from deepracer_ros.share import share_directory

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
PROFILE = dict.fromkeys(PROFILES, str(share_directory() / "config" / "fastdds.xml"))


@pytest.mark.parametrize(
    ("script", "chosen", "least", "most"),
    [
        (PLAIN, {}, 1, IMAGE), (OURS, {}, 0, 0), (OURS, PROFILE, 30 * IMAGE, 60 * IMAGE),
        (OURS, {TRANSPORTS: "DEFAULT"}, 1, IMAGE),
    ],
    ids=["other nodes", "our nodes", "the package's profile", "the user's transports"],
)  # fmt: skip
def test_our_nodes_have_no_shared_memory_unless_the_user_has_chosen_it(script, chosen, least, most):
    environment = {name: value for name, value in os.environ.items() if name not in (*PROFILES, TRANSPORTS)}
    environment |= {RANGE: "SUBNET"} | chosen
    answer = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    size = max(map(int, answer.stdout.split()), default=0)  # ports are there too
    assert least <= size <= most
