# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command of `make bench`, which runs all benchmarks one after another and describes the machine."""

import argparse
import json
import os
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.common import figure_of, own_ros_domain, train
from deepracer_ros.run.summary import library_versions, read_summary, this_machine

ROUTE = "../shared/data/tracks/reinvent_base.npy"


def main() -> None:
    """Measure, print the table, write `runs/bench.json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    route = os.environ.get("ROUTE", ROUTE)
    parser.add_argument(
        "--route", default=route if Path(route).exists() else "technical", help="track of the trainings"
    )
    parser.add_argument(
        "--seeds", type=int, default=5, help="number of trainings until every lap is complete (default: 5)"
    )
    parser.add_argument("--output", type=Path, default=Path("runs/bench.json"), help="JSON file of the figures")
    options = parser.parse_args()
    figures = measure(options.route, options.seeds)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(figures, indent=2) + "\n")
    show(figures)
    print(f"{options.output} written")


def measure(route: str, seeds: int) -> dict[str, Any]:
    """Return all figures by name; each benchmark runs alone, in its own processes."""
    from benchmarks.loop import measure as measure_loop

    console = Console(stderr=True)
    console.print("simulator")
    simulator = figure_of("benchmarks.simulator", "--figure")
    console.print("ROS graph")
    ros = figure_of("benchmarks.ros")
    console.print("whole loop")
    loop, reloads = measure_loop()
    console.print("whole loop with traces")
    traced = figure_of("benchmarks.alternate", "--turns", "12", "--", "--simtrace")
    console.print("stable-baselines3")
    sb3 = figure_of("benchmarks.sb3")
    console.print("frame to command")
    latency = figure_of("benchmarks.latency")
    laps = []
    with own_ros_domain() as folder:
        for seed in range(seeds):
            console.print(f"training until every lap is complete, seed {seed}")
            run = train(folder, "--track", route, "--seed", str(seed), "--set", "trainer.perfect_evaluations=1")
            laps.append(read_summary(run / "summary.json").seconds_to_all_laps)
    return {
        "simulator_steps_per_s": simulator,
        "ros_steps_per_s": ros,
        "loop_steps_per_s": loop,
        "simtrace_ratio": traced,
        "sb3_steps_per_s": sb3,
        "sb3_ratio": loop / sb3,
        "seconds_to_all_laps": laps,
        "seconds_to_all_laps_track": Path(route).stem,
        "reload_p95_ms": float(np.percentile(reloads, 95)),
        "reloads": len(reloads),
        "drive_p99_ms": latency,
        "machine": asdict(this_machine()),
        "load_average": os.getloadavg(),
        "versions": library_versions(),
    }


def show(figures: dict[str, Any]) -> None:
    """Print a table of the targets and the measured figures."""
    seconds = [float("inf") if value is None else value for value in figures["seconds_to_all_laps"]]
    median = statistics.median(seconds)
    machine = figures["machine"]
    table = Table(title=f"{machine['processor']}, {machine['cores']} cores, {machine['system']}")
    for heading in ("what", "target", "measured"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    table.add_row(
        "simulator + referee, 160x120 grey, N = 64", "40 000 /s", f"{figures['simulator_steps_per_s']:.0f} /s"
    )
    table.add_row("the same through the ROS graph", "10 000 /s", f"{figures['ros_steps_per_s']:.0f} /s")
    table.add_row("whole loop, default config", "4 000 /s", f"{figures['loop_steps_per_s']:.0f} /s")
    table.add_row("the same with --simtrace, over that without", "0.97", f"{figures['simtrace_ratio']:.2f}")
    table.add_row("against stable-baselines3's PPO", "3.0 x", f"{figures['sb3_ratio']:.2f} x")
    track = figures["seconds_to_all_laps_track"]
    each = ", ".join(f"{value:.1f}" for value in seconds)
    table.add_row(f"training until every lap is complete, {track}", "20 s", f"{median:.1f} s ({each})")
    table.add_row("model published to driving, p95", "100 ms", f"{figures['reload_p95_ms']:.1f} ms")
    table.add_row("frame to drive command, p99", "5 ms", f"{figures['drive_p99_ms']:.2f} ms")
    Console().print(table)


if __name__ == "__main__":
    main()
