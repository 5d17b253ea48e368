"""Trains a policy from Python, as `deepracer train` does, and prints what came of it.

    .venv/bin/python examples/train_from_python.py [SECONDS] [RUN]

The pipeline runs in processes of its own; this script waits for them. A run that exists goes on where it was.
"""

import sys
import time
from pathlib import Path

from deepracer_ros.engine.local import train
from deepracer_ros.training.config import read_config


def main(seconds: float, run: str | None) -> None:
    """Train on the oval for at most `seconds`; `run` is the name of the folder in `runs`, None makes a new one."""
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
