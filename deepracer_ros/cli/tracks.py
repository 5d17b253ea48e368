# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer tracks`, which lists, draws and imports tracks and writes their Gazebo worlds."""

import argparse
from math import pi
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from deepracer_ros.cli.optimal import add_action
from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import write_atomically, write_error
from deepracer_ros.race.catalogue import find_track, find_tracks, shipped_names, track_names
from deepracer_ros.race.config import ObstaclesConfig
from deepracer_ros.race.track import Track
from deepracer_ros.share import share_directory
from deepracer_ros.worlds.config import WorldConfig
from deepracer_ros.worlds.importing import import_track
from deepracer_ros.worlds.plan import draw_plan
from deepracer_ros.worlds.world import write_world

EXAMPLES = """\
examples:
  deepracer tracks list
  deepracer tracks show technical
  deepracer tracks show technical-reversed --output plan.png
  deepracer tracks show random:7
  deepracer tracks import my_route.npy --name home
  deepracer tracks optimal technical --output lines
  deepracer tracks build oval --output worlds --barriers --obstacles 6
  deepracer tracks build oval --output worlds --obstacles 2 --obstacle-kind car

A track is a DeepRacer route (.npy: rows of centre x, y, inner x, y, outer x, y in m) or a definition by its corners
(.yaml: see worlds/tracks). Every command that takes the name of a track also takes the path of such a file. A name or
path with -reversed at its end is the same track in the opposite driving direction. random:SEED is a track generated at
random, always the same one for a seed; random:A-B are those of the seeds from A to B.
"""

HEADER = f"{'name':20} {'length':>8} {'width':>7} {'tightest':>9}  {'shape':6} direction"


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "tracks",
        help="list, show and import tracks, and write their Gazebo worlds",
        description="Works with the tracks that come with the package and with those that you import.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="list all tracks").set_defaults(run=run_list)

    show = actions.add_parser("show", help="draw the plan of a track as a PNG")
    show.add_argument("track", metavar="TRACK", help="name, route file or definition")
    show.add_argument("--output", type=Path, metavar="FILE", help="PNG file to write (default: NAME.png)")
    show.set_defaults(run=run_show)

    importing = actions.add_parser("import", help="add your own route under a name")
    importing.add_argument("file", type=Path, metavar="FILE", help="DeepRacer route (.npy) or definition (.yaml)")
    importing.add_argument("--name", help="name of the track (default: name of the file)")
    importing.set_defaults(run=run_import)

    add_action(actions)

    build = actions.add_parser("build", help="write Gazebo worlds and their pictures")
    build.add_argument("tracks", nargs="*", metavar="TRACK", help="names or files (default: the package's tracks)")
    build.add_argument("--output", type=Path, metavar="FOLDER", help="output folder (default: the package's worlds)")
    build.add_argument("--barriers", action="store_true", help="add walls around the road")
    build.add_argument(
        "--obstacles", type=int, default=0, metavar="N", help="number of objects on the road (default: 0)"
    )
    build.add_argument(
        "--obstacle-kind", choices=("box", "car"), default="box", help="kind of the objects (default: box)"
    )
    build.add_argument("--lamps", type=int, default=0, metavar="N", help="number of lamps above the road (default: 0)")
    build.set_defaults(run=run_build)


def run_list(args: argparse.Namespace) -> int:
    """Print a line for each track, and return 1 if a track cannot be read, 0 otherwise."""
    del args
    print(HEADER)
    return max([_list_track(name) for name in track_names()], default=0)


def run_show(args: argparse.Namespace) -> int:
    """Draw the plan of a track as a PNG, and return the exit code.

    Raises:
        InputError: if there is no such track, or the picture cannot be written.
    """
    track = find_track(args.track)
    output = args.output or Path(f"{track.name}.png")
    if output.is_dir():
        raise InputError(f"{output}: is a folder; expected a PNG file to write")
    _, png = cv2.imencode(".png", draw_plan(track)[:, :, ::-1])
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(output, error) from error
    write_atomically(output, png.tobytes())
    print(HEADER, describe(track), f"Plan: {output}", sep="\n")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Import a user's track and write its world; return the exit code.

    Raises:
        InputError: if the file is not a track, or the name is in use.
    """
    track, route, world = import_track(args.file, args.name)
    print(HEADER, describe(track), f"Route: {route}", f"World: {world}", f"Drive it: --track {track.name}", sep="\n")
    return 0


def run_build(args: argparse.Namespace) -> int:
    """Write the Gazebo worlds of tracks, and return the exit code; all tracks are read before a world is written.

    Raises:
        InputError: if there is no such track, an option is out of range, objects do not fit on a track, or a file
            cannot be written.
    """
    command = "deepracer tracks build"
    config = from_mapping(WorldConfig, {"barriers": args.barriers, "lamps": args.lamps}, f"{command}: options")
    options = {"count": args.obstacles, "kind": args.obstacle_kind}
    obstacles = from_mapping(ObstaclesConfig, options, f"{command}: --obstacles")
    folder = args.output or share_directory() / "worlds"
    for track in find_tracks(args.tracks or shipped_names()):
        print(write_world(track, folder, config, obstacles))
    return 0


def _list_track(name: str) -> int:
    """Print one line of the list; return 1 if the track cannot be read, 0 otherwise."""
    try:
        print(describe(find_track(name)))
    except InputError as error:
        print(f"{name:20} {error}")
        return 1
    return 0


def describe(track: Track) -> str:
    """Return a line about a track: name, length (m), width (m), smallest radius (m), shape and direction."""
    sharpest = float(np.abs(track.curvature).max())
    radius = f"{1.0 / sharpest:.2f} m" if sharpest > 1e-3 else "straight"
    shape, direction = ("closed", _direction(track)) if track.closed else ("open", "")
    return f"{track.name:20} {track.length:6.2f} m {track.width:5.2f} m {radius:>9}  {shape:6} {direction}".rstrip()


def _direction(track: Track) -> str:
    """Return the driving direction of a closed track; a figure of eight has none, since its turns cancel out."""
    if abs(track.turning) < pi:
        return "crossing"
    return "anticlockwise" if track.turning > 0.0 else "clockwise"
