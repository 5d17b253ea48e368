# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Reads the configuration, progress and summary of a training from its run folder.

.venv/bin/python examples/read_a_run.py [RUN]
"""

import sys
from pathlib import Path

from deepracer_ros.parameters import read_parameters
from deepracer_ros.run.progress import read_progress
from deepracer_ros.run.summary import read_summary
from deepracer_ros.training.config import read_config


def main(folder: Path) -> None:
    """Print one line per update and the final result."""
    config = read_config(read_parameters(folder / "config.yaml"), str(folder / "config.yaml"))
    print(f"tracks {', '.join(config.tracks)}; {config.simulation.cars} cars; learner {config.learner}")
    for record in read_progress(folder / "progress.jsonl"):
        reward = "-" if record.mean_reward is None else f"{record.mean_reward:.2f}"
        print(f"{record.seconds:7.1f} s {record.env_steps:8d} steps, mean reward {reward}, entropy "
              f"{record.losses.get('entropy')}")  # fmt: skip
    if not (folder / "summary.json").is_file():
        print("no summary: the run is not finished")
        return
    summary = read_summary(folder / "summary.json")
    laps = summary.evaluation
    print(f"model {summary.model.version}: {laps.laps_completed} of {laps.laps_attempted} laps completed")


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "runs/latest"))
