# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What simulates, drives or records starts where torch is not installed: none of it learns."""

import subprocess
import sys

import pytest

CODE = """
import sys
sys.modules["torch"] = None  # an import of it fails, as where it is not installed
import rclpy
from deepracer_ros.nodes.{module} import {name}
rclpy.init(args=sys.argv)
node = {name}()
node.close()
rclpy.try_shutdown()
print("started without", *sorted({{"torch", "boto3"}} - {{key for key, value in sys.modules.items() if value}}))
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [("simulation_node", "SimulationNode"), ("agent_node", "AgentNode"), ("recorder_node", "RecorderNode")],
)
def test_a_node_that_learns_nothing_starts_without_torch_and_boto3(module, name, redis_server, untrained):
    command = [sys.executable, "-c", CODE.format(module=module, name=name), "--ros-args"]
    command += ["-p", f"experience.url:={redis_server.url}", "-p", "tracks:=[oval]", "-p", "simulation.cars:=2"]
    command += ["-p", f"agent.model:={untrained}"]
    started = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert started.returncode == 0, started.stderr
    assert started.stdout.endswith("started without boto3 torch\n")


def test_an_empty_list_among_the_parameters_is_one_line(tmp_path):
    """ROS cannot tell its type, and rclpy names neither the key nor the file."""
    path = tmp_path / "parameters.yaml"
    path.write_text("/**:\n  ros__parameters:\n    tracks: []\n")
    command = [sys.executable, "-m", "deepracer_ros.nodes.recorder_node", "--ros-args", "--params-file", str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert answer.returncode == 2
    last = answer.stderr.strip().splitlines()[-1]
    assert last.startswith("deepracer: parameters of recorder: found an empty list")
    assert "Traceback" not in answer.stderr
