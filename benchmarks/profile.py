# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Where the time of a training goes: CPU time per environment step of each part of each process, by py-spy.

    python -m benchmarks.profile
    python -m benchmarks.profile --config config/quick.yaml

The table is in the form of docs/performance.md. Start and end of the training, and waiting threads, do not count.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.common import own_ros_domain, train
from deepracer_ros.run.summary import read_summary

RATE = 100
"""Samples per second."""
STEPS = 40_000
"""Environment steps of the training."""
STARTING = ("importlib", "nodes/managed.py", "training/parts.py", "learning/number_format.py")
"""Parts of the names of files whose stacks belong to the start."""

WAITING = ("wait (threading.py", "get (queue.py", "_worker (concurrent/futures/thread.py")
"""Innermost functions of threads that wait; py-spy sometimes takes them for running."""

Labels = Mapping[str, Sequence[str]]
JOB: Labels = {
    "camera and dynamics": ["simulation/embedded.py"],
    "referee and reward": ["race/referee.py", "rewards/", "simulation/environment.py"],
    "policy": ["learning/policy.py", "training/policies.py"],
    "segments to Redis": ["training/sending.py"],
    "loading models": ["training/reload.py"],
    "recorder": ["nodes/recorder_node.py"],
    "agent: messages": ["nodes/driver.py"],
    "simulation: messages": ["nodes/stepper.py"],
    "ROS executor, rest": ["nodes/base.py"],
}
"""Files of each part of a simulation job; a stack belongs to the first part that has a file in it."""
TRAINER: Labels = {
    "evaluation": ["training/background.py"],
    "publication": ["training/publishing.py"],
    "progress and traces": ["run/sinks.py"],
    "checkpoint": ["run/checkpoint.py"],
    "batch": ["training/batches.py"],
    "segments from Redis": ["experience/"],
    "learner": ["learning/"],
    "trainer, rest": ["training/trainer.py"],
    "ROS executor, rest": ["nodes/base.py"],
}
"""Files of each part of the trainer."""
PROCESSES = {"simulation_job": JOB, "trainer_node": TRAINER}


def part_of(stack: str) -> tuple[str, str] | None:
    """Return process and part of a sampled stack; None if it belongs to the start, or to no process of the training.

    Args:
        stack: Frames from the outermost to the innermost, separated by semicolons.
    """
    if any(name in stack for name in STARTING) or any(name in stack.rpartition(";")[2] for name in WAITING):
        return None
    for process, labels in PROCESSES.items():
        if f"nodes.{process}" in stack:
            for label, files in labels.items():
                if any(f"deepracer_ros/{file}" in stack for file in files):
                    return process, label
    return None


def sample(folder: Path, options: Sequence[str]) -> tuple[Counter[tuple[str, str]], int]:
    """Return the number of samples of each part, and the environment steps of the training.

    Args:
        folder: Folder for the run and the samples.
        options: Options of `deepracer train`.
    """
    raw = folder / "samples.txt"
    profiler = [
        "py-spy",
        "record",
        "--subprocesses",
        "--rate",
        str(RATE),
        "--format",
        "raw",
        "--output",
        str(raw),
        "--",
    ]
    limits = ("--set", "trainer.perfect_evaluations=0", "--set", f"trainer.max_env_steps={STEPS}")
    run = train(folder / "runs", *options, *limits, under=profiler)
    counts = Counter[tuple[str, str]]()
    for line in raw.read_text().splitlines():
        stack, _, number = line.rpartition(" ")
        if part := part_of(stack):
            counts[part] += int(number)
    return counts, read_summary(run / "summary.json").env_steps


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--track", default="technical", help="track of the training (default: technical)")
    options, more = parser.parse_known_args()  # the rest are options of `deepracer train`
    with own_ros_domain() as folder:
        counts, steps = sample(folder, ["--track", options.track, *more])
    whole = sum(counts.values())
    print("| process | part | us per env step | share |\n|---|---|---|---|")
    for process, labels in PROCESSES.items():
        for label in labels:
            samples = counts[process, label]
            print(f"| `{process}` | {label} | {samples / RATE / steps * 1e6:.1f} | {samples / whole:.0%} |")
    print(f"| both | all | {whole / RATE / steps * 1e6:.1f} | 100% |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
