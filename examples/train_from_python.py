# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Trains a policy from Python in the same way as `deepracer train`, and prints the result.

    .venv/bin/python examples/train_from_python.py [SECONDS] [RUN]

The pipeline runs in its own processes, and this script waits for them. An existing run resumes.
"""

import sys
import time
from pathlib import Path

from deepracer_ros.engine.local import train
from deepracer_ros.training.config import read_config


def main(seconds: float, run: str | None) -> None:
    """Train on the oval for at most `seconds`; `run` is the name of the run, None for a new run."""
    changes = {
        "tracks": ["oval"],
        "simulation": {"cars": 32},
        "trainer": {"max_seconds": seconds, "batch_segments": 32, "evaluation_starts": 3},
    }
    config = read_config(changes, "train_from_python.py")
    outcome = train(config, Path("runs"), run, time.monotonic())
    evaluation = outcome.evaluation
    print(f"{outcome.folder.path}: {evaluation.laps_completed} of {evaluation.laps_attempted} laps completed")


if __name__ == "__main__":
    arguments = dict(zip(("seconds", "run"), sys.argv[1:], strict=False))
    main(float(arguments.get("seconds", 60.0)), arguments.get("run"))
