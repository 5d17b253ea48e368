# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Functions for several benchmarks: parameter files, an untrained model, and running commands."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deepracer_ros.config import to_mapping
from deepracer_ros.engine.domain import DOMAIN, RANGE, own_domain
from deepracer_ros.learning.learner import make_learner
from deepracer_ros.models.folder import write_model_folder
from deepracer_ros.parameters import merge, read_parameters
from deepracer_ros.parameters import write_parameters as write_ros_parameters
from deepracer_ros.share import share_directory
from deepracer_ros.simulation.sensors import sensor_specs
from deepracer_ros.training.config import RunConfig, read_config
from deepracer_ros.training.policies import make_manifest


def default_config(**changes: object) -> RunConfig:
    """Return the configuration of the default training with changes.

    Args:
        changes: Keys of the top level; nested mappings change only their own keys.
    """
    values = read_parameters(share_directory() / "config" / "training.yaml")
    return read_config(merge(values, changes), "benchmark")


def write_parameters(config: RunConfig, folder: Path) -> Path:
    """Write a configuration as a ROS 2 parameter file into `folder`, and return the path."""
    path = folder / "parameters.yaml"
    path.write_bytes(write_ros_parameters(to_mapping(config)))
    return path


def untrained_model(config: RunConfig, folder: Path) -> Path:
    """Write a model with the configured network and random weights into `folder`, and return the model folder."""
    learner = make_learner(config.learner, config.network, sensor_specs(config), config.actions, config.learning)
    write_model_folder(folder / "model", learner.policy_tensors(), make_manifest(config, "benchmark", 0, 0))
    return folder / "model"


@contextmanager
def own_ros_domain() -> Iterator[Path]:
    """Give this process and its children a ROS domain that no training or test uses; yield a temporary folder."""
    before = dict(os.environ)
    for name in (DOMAIN, RANGE):
        os.environ.pop(name, None)
    try:
        with own_domain(), tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    finally:
        os.environ.clear()
        os.environ.update(before)


def figure_of(module: str, *arguments: str) -> float:
    """Run a benchmark in its own process, and return the number at the end of its last line."""
    command = [sys.executable, "-m", module, *arguments]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    return float(re.findall(r"[-+.\de]+", answer.stdout.strip().splitlines()[-1])[-1])


def train(folder: Path, *arguments: str, under: Sequence[str] = ()) -> Path:
    """Run `deepracer train` with these options, and return the run folder.

    Args:
        folder: Folder of all runs.
        arguments: Options of the command.
        under: A command that runs the training, for example a profiler with its options.
    """
    command = [*under, sys.executable, "-m", "deepracer_ros.cli.main", "train", "--runs", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    return (folder / "latest").resolve()


def descendants(process: int) -> list[int]:
    """Return the ids of a process and of all its children and their children, from /proc."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:  # it has ended
            continue
        parents[int(path.parent.name)] = int(text.rpartition(")")[2].split()[1])
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found
