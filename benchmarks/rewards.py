# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""How fast rewards of different kinds teach laps.

    python -m benchmarks.rewards scales --seeds 5
    python -m benchmarks.rewards corpus --seconds 60

`scales` trains one reward in several scales and with an offset until every evaluation lap is complete. `corpus` trains
each reward of the tests' corpus for at most so many seconds, and evaluates it.
"""

import argparse
import statistics
import sys
from pathlib import Path

from benchmarks.common import own_ros_domain, train
from deepracer_ros.run.summary import Summary, read_summary

SCALES = {"1": (1.0, 0.0), "1e-3": (1e-3, 0.0), "1e2": (1e2, 0.0), "1e4": (1e4, 0.0), "1e2 + 50": (1e2, 50.0)}
"""Factor and offset of the reward by name."""
REWARD = """
import numpy as np

def reward_function_batch(params):
    closeness = np.clip(1.0 - params["distance_from_center"] / (0.5 * params["track_width"]), 0.0, 1.0)
    reward = np.where(params["all_wheels_on_track"], closeness * params["speed"] / 4.0, 0.0) - params["is_offtrack"]
    return {scale!r} * reward + {offset!r}
"""
CORPUS = Path(__file__).parents[1] / "test" / "rewards" / "corpus"


def measure(folder: Path, *options: str) -> Summary:
    """Train, and return the summary."""
    return read_summary(train(folder, *options) / "summary.json")


def scales(folder: Path, options: argparse.Namespace) -> None:
    """Print the times until all laps are complete for each scale, and their medians over that of scale 1."""
    seconds: dict[str, list[float]] = {name: [] for name in SCALES}
    for seed in range(options.seeds):
        for name, (scale, offset) in SCALES.items():
            path = folder / f"reward_{list(SCALES).index(name)}.py"
            path.write_text(REWARD.format(scale=scale, offset=offset))
            own = ("--reward", str(path), "--seed", str(seed), "--track", options.track)
            found = measure(folder, *own, "--set", "trainer.perfect_evaluations=1")
            seconds[name].append(found.seconds_to_all_laps or float("inf"))
            print(f"seed {seed}, {name}: {seconds[name][-1]:.1f} s", flush=True)
    base = statistics.median(seconds["1"])
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:9s} {median:6.1f} s ({min(times):.1f} to {max(times):.1f}), {median / base:.2f} times scale 1")


def corpus(folder: Path, options: argparse.Namespace) -> None:
    """Print the laps that each reward of the corpus has taught."""
    for path in sorted(CORPUS.glob("*.py")):
        own = ["--reward", str(path), "--track", options.track]
        if path.stem.startswith("objects_"):
            own += ["--set", "race.type=object_avoidance", "--set", "race.obstacles.count=4"]
        found = measure(folder, *own, "--set", f"trainer.max_seconds={options.seconds}")
        evaluation = found.evaluation
        print(
            f"{path.stem:20s} {evaluation.laps_completed:2d} of {evaluation.laps_attempted} laps, trained for "
            f"{found.training_seconds:4.1f} s",
            flush=True,
        )


def main() -> int:
    """Run one of the two."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rewards", description=__doc__)
    parser.add_argument("which", choices=("scales", "corpus"), help="what to measure")
    parser.add_argument("--track", default="oval", help="track (default: oval)")
    parser.add_argument("--seeds", type=int, default=5, help="seeds of scales (default: 5)")
    parser.add_argument("--seconds", type=float, default=60.0, help="longest training of corpus, s (default: 60)")
    options = parser.parse_args()
    with own_ros_domain() as folder:
        {"scales": scales, "corpus": corpus}[options.which](folder, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
