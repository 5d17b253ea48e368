# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The action `deepracer tracks optimal`, which computes the time-optimal laps of tracks."""

import argparse
import re
from pathlib import Path
from typing import Any

DESCRIPTION = """\
Computes the fastest lap that the simulated car can drive, and checks it by driving it in the embedded simulator.
Writes NAME-optimal.csv (line, speeds, commands, times), NAME-optimal.png and NAME_optimal.py, a table that a reward
function can import. Evaluations of the track then compare their laps with it.
It needs casadi: pip install 'deepracer_ros[optimal]'
"""


def add_action(actions: Any) -> None:  # noqa: ANN401
    """Add the action to the command `deepracer tracks`."""
    parser = actions.add_parser(
        "optimal", help="compute the time-optimal lap", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("tracks", nargs="+", metavar="TRACK", help="names, route files or definitions")
    parser.add_argument("--output", type=Path, default=Path(), metavar="FOLDER", help="output folder (default: .)")
    parser.add_argument(
        "--speed", type=float, metavar="M/S", help="largest speed (default: that of the simulated car, 4 m/s)"
    )
    parser.add_argument(
        "--margin", type=float, metavar="M",
        help="least distance of the car's middle from the border; negative: beyond it (default: -0.075, with which one "
        "wheel stays on the road, as the rules ask)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Compute, drive and write the laps, a line for each.

    Raises:
        InputError: if there is no such track, an option is out of range, casadi is missing, there is no solution, or a
            file cannot be written.
    """
    from deepracer_ros.errors import InputError
    from deepracer_ros.files import make_folder
    from deepracer_ros.names import expand_tracks
    from deepracer_ros.race.catalogue import find_tracks  # with the next ones imports numba
    from deepracer_ros.raceline.driven import fastest_drive
    from deepracer_ros.raceline.line import write_csv, write_module
    from deepracer_ros.raceline.reference import OptimalLap, keep_optimal_lap
    from deepracer_ros.raceline.solver import Limits, import_casadi, solve_raceline
    from deepracer_ros.report.evaluation_report import track_labels
    from deepracer_ros.report.raceline_plot import write_raceline_plot
    from deepracer_ros.simulation.config import DynamicsConfig

    dynamics = DynamicsConfig()
    fastest = dynamics.maximum_speed if args.speed is None else args.speed
    if not 0.5 <= fastest <= dynamics.maximum_speed:
        raise InputError(f"--speed: found {fastest:g}, expected 0.5 to {dynamics.maximum_speed:g} m/s")
    margin = Limits.margin if args.margin is None else args.margin
    if not Limits.margin <= margin <= 1.0:
        raise InputError(f"--margin: found {margin:g}, expected {Limits.margin:g} to 1 m")
    import_casadi()
    limits = Limits(speed=fastest, margin=margin)
    tracks = find_tracks(args.tracks)
    make_folder(args.output)
    for name, track, label in zip(expand_tracks(args.tracks), tracks, track_labels(tracks), strict=True):
        line = solve_raceline(track, limits, dynamics)
        driven = fastest_drive(name, line, limits, dynamics)
        module = re.sub(r"\W", "_", label)
        files = [args.output / f"{label}-optimal.csv", args.output / f"{label}-optimal.png"]
        files += [args.output / f"{module if module[0].isalpha() else f'track_{module}'}_optimal.py"]
        write_csv(line, files[0])
        words = [track.name, f"optimal {'flying lap' if track.closed else 'drive'} {line.lap_seconds:.2f} s"]
        words += [f"driven {driven:.2f} s" if driven else "not driven to the end"]
        write_raceline_plot(files[1], track, line, " \u00b7 ".join(words))
        write_module(line, files[2])
        if limits == Limits(speed=dynamics.maximum_speed):
            known = OptimalLap(track.name, round(line.lap_seconds, 3), round(driven, 3) if driven else None)
            keep_optimal_lap(known, track, dynamics)
        print(", ".join(words), *map(str, files), sep="\n  ")
