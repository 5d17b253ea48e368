"""`deepracer tracks`: look at the tracks, add your own, write their Gazebo worlds."""

import argparse
from math import pi
from pathlib import Path
from typing import Any

import cv2
import numpy as np

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
  deepracer tracks import my_route.npy --name home
  deepracer tracks build oval --output worlds --barriers --obstacles 6
  deepracer tracks build oval --output worlds --obstacles 2 --obstacle-kind car

A track is a DeepRacer route (.npy: rows of centre x, y, inner x, y, outer x, y in m) or a definition by its corners
(.yaml: see worlds/tracks). Wherever a command takes a track's name it also takes such a file's path, and a name or path
with -reversed at its end is the same track driven the other way.
"""

HEADER = f"{'name':20} {'length':>8} {'width':>7} {'tightest':>9}  {'shape':6} direction"


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "tracks",
        help="list, show and import tracks, and write their Gazebo worlds",
        description="The tracks that come with the package, and those that you import.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="all tracks by name").set_defaults(run=run_list)

    show = actions.add_parser("show", help="draw a track's plan into a PNG")
    show.add_argument("track", metavar="TRACK", help="name, route file or definition")
    show.add_argument("--output", type=Path, metavar="FILE", help="PNG to write (NAME.png)")
    show.set_defaults(run=run_show)

    importing = actions.add_parser("import", help="keep a route of yours under a name")
    importing.add_argument("file", type=Path, metavar="FILE", help="DeepRacer route (.npy) or definition (.yaml)")
    importing.add_argument("--name", help="how to call the track (as the file)")
    importing.set_defaults(run=run_import)

    build = actions.add_parser("build", help="write Gazebo worlds and their pictures")
    build.add_argument("tracks", nargs="*", metavar="TRACK", help="names or files (the package's own tracks)")
    build.add_argument("--output", type=Path, metavar="FOLDER", help="where to write (the package's worlds)")
    build.add_argument("--barriers", action="store_true", help="walls around the road")
    build.add_argument("--obstacles", type=int, default=0, metavar="N", help="objects spread over the road (0)")
    build.add_argument("--obstacle-kind", choices=("box", "car"), default="box", help="what they are (box)")
    build.add_argument("--lamps", type=int, default=0, metavar="N", help="lamps above the road (0)")
    build.set_defaults(run=run_build)


def run_list(args: argparse.Namespace) -> int:
    """Print a line for each track; one that cannot be read is named, and the exit code is then 1."""
    del args
    print(HEADER)
    return max([_list_track(name) for name in track_names()], default=0)


def run_show(args: argparse.Namespace) -> int:
    """Draw a track's plan.

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
    """Keep a user's track, with its world.

    Raises:
        InputError: if the file is no track, or the name is not free.
    """
    track, route, world = import_track(args.file, args.name)
    print(HEADER, describe(track), f"Route: {route}", f"World: {world}", f"Drive it: --track {track.name}", sep="\n")
    return 0


def run_build(args: argparse.Namespace) -> int:
    """Write worlds; all tracks are read before the first world is written.

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
    """Print one line of the list; returns 1 if the track cannot be read."""
    try:
        print(describe(find_track(name)))
    except InputError as error:
        print(f"{name:20} {error}")
        return 1
    return 0


def describe(track: Track) -> str:
    """Return a track's line of the list: length, width, tightest radius, shape and direction."""
    sharpest = float(np.abs(track.curvature).max())
    radius = f"{1.0 / sharpest:.2f} m" if sharpest > 1e-3 else "straight"
    shape, direction = ("closed", _direction(track)) if track.closed else ("open", "")
    return f"{track.name:20} {track.length:6.2f} m {track.width:5.2f} m {radius:>9}  {shape:6} {direction}".rstrip()


def _direction(track: Track) -> str:
    """Return which way round a loop is driven; a figure of eight turns as much left as right."""
    if abs(track.turning) < pi:
        return "crossing"
    return "anticlockwise" if track.turning > 0.0 else "clockwise"
