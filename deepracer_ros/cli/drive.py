# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer drive`, which lets a model drive on a track in real time, to watch it."""

import argparse
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from deepracer_ros.errors import InputError

if TYPE_CHECKING:
    from deepracer_ros.models.policy_file import Model
    from deepracer_ros.training.config import RunConfig

EXAMPLES = """\
examples:
  deepracer drive --track oval                          the model of this package, on a track that it has never seen
  deepracer drive --track route.npy --laps 3            three laps, then the end
  deepracer drive --model runs/latest --track hairpin --view
  deepracer drive --track random:7 --simulator gazebo
  deepracer drive --track oval --cars 2                 two cars that race each other

Simulation and agent are ROS nodes, as in drive.launch.py: watch them with rviz or `ros2 topic`.
"""
VIEWER_SECONDS = 10.0
"""Longest time that rviz takes to end, s."""
MOST_LAPS = 1_000_000
"""Laps of an episode on a closed track: the car drives on, lap after lap."""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "drive",
        help="let a model drive on any track at once, in real time",
        description="Drives lap after lap with a model, by default the one that comes with the package, and tells the "
        "time of each lap.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model", default="generalist", metavar="RUN[:best|last|N]",
        help="run folder, name of a run, or model folder (default: generalist, which comes with the package)",
    )  # fmt: skip
    parser.add_argument("--track", default="technical", metavar="NAME", help="track or route file (default: technical)")
    parser.add_argument(
        "--laps", type=int, default=0, metavar="N", help="end after N laps, complete or not (default: until Ctrl-C)"
    )
    parser.add_argument("--cars", type=int, default=1, metavar="N", help="cars that share the road (default: 1)")
    parser.add_argument(
        "--simulator", choices=("embedded", "gazebo"), default="embedded", help="simulator (default: embedded)"
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="FACTOR", help="speed in real time: 2 is twice as fast (default: 1)"
    )
    parser.add_argument("--view", action="store_true", help="start rviz (ROS with rviz2 is needed)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        InputError: if the model, the track or the simulator does not exist, or an option is out of range.
    """
    if args.laps < 0:
        raise InputError(f"--laps: found {args.laps}, expected 0 or more")
    from deepracer_ros.engine.domain import own_domain
    from deepracer_ros.engine.sources import find_source
    from deepracer_ros.parameters import write_parameters

    model = find_source(args.model).read()
    config = drive_config(model, args)
    from deepracer_ros.config import to_mapping
    from deepracer_ros.models.folder import write_model_folder

    with TemporaryDirectory(prefix="deepracer-drive-") as folder, own_domain() as domain, _viewer(args.view):
        write_model_folder(Path(folder) / "model", model.tensors, model.manifest)
        values = to_mapping(config)
        values["agent"] = {**values["agent"], "model": str(Path(folder) / "model"), "explore": False}
        path = Path(folder) / "parameters.yaml"
        path.write_bytes(write_parameters(values))
        where = f", ROS_DOMAIN_ID={domain}" if domain > 0 else ""
        print(f"{args.model} drives on {', '.join(config.tracks)}{where}; Ctrl-C ends it", flush=True)
        return _drive(path, args.laps)


def drive_config(model: "Model", args: argparse.Namespace) -> "RunConfig":
    """Return the configuration of a drive: the model's own, on the wanted track, in real time, from the start line.

    Args:
        model: The model.
        args: The parsed options.

    Raises:
        InputError: if there is no such track, or an option is out of range.
    """
    from deepracer_ros.race.catalogue import find_tracks  # with the next one imports numba
    from deepracer_ros.simulation.config import DEFAULT_REWARD
    from deepracer_ros.training.evaluation import config_of

    tracks = find_tracks([args.track])
    if len(tracks) > 1:
        raise InputError(f"--track: found {len(tracks)} tracks, expected one")
    race: dict[str, Any] = {"type": "head_to_head", "cars": args.cars} if args.cars != 1 else {"type": "time_trial"}
    config = config_of(
        model,
        {
            "tracks": [args.track],
            "race": {**race, "laps": MOST_LAPS if tracks[0].closed else 1},
            "referee": {"start": {"spread": "fixed", "offset": 0.0, "lateral_noise": 0.0, "heading_noise": 0.0}},
            "simulation": {
                "simulator": args.simulator, "cars": args.cars, "real_time": True, "real_time_factor": args.speed
            },
        },
    )  # fmt: skip
    return replace(config, reward=dict(DEFAULT_REWARD), require_sandbox=False)  # nobody asks for a user's rewards


def _drive(parameters: Path, laps: int) -> int:
    """Run simulation, agent and announcer in this process until the laps are over; return the exit code."""
    from deepracer_ros.nodes.agent_node import AgentNode
    from deepracer_ros.nodes.base import run as run_nodes
    from deepracer_ros.nodes.lap_announcer import LapAnnouncer
    from deepracer_ros.nodes.simulation_node import SimulationNode

    announcers: list[LapAnnouncer] = []

    def announce() -> LapAnnouncer:
        announcers.append(LapAnnouncer(laps, lambda line: print(line, flush=True)))
        return announcers[-1]

    code = run_nodes(
        [announce, AgentNode, SimulationNode], ["--ros-args", "--params-file", str(parameters), "--log-level", "warn"]
    )
    if announcers and code == 0:
        done = announcers[0]
        print(f"{done.complete} of {done.complete + done.failed} laps completed")
    return code


@contextmanager
def _viewer(wanted: bool) -> Iterator[None]:
    """Run rviz during a block, if it is wanted.

    Raises:
        InputError: if ROS' command line is not installed.
    """
    if not wanted:
        yield
        return
    ros2 = shutil.which("ros2")
    if ros2 is None:
        raise InputError("--view: found no command ros2, expected a sourced ROS installation with rviz2")
    viewer = subprocess.Popen([ros2, "launch", "deepracer_ros", "view.launch.py"], start_new_session=True)
    try:
        yield
    finally:
        viewer.terminate()
        try:
            viewer.wait(VIEWER_SECONDS)
        except subprocess.TimeoutExpired:
            viewer.kill()
