# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer convert`, between the files of a DeepRacer owner and a parameter file."""

import argparse
from pathlib import Path
from typing import Any

EXAMPLES = """\
examples:
  deepracer convert my_model training.yaml            DeepRacer's files to a parameter file of this package
  deepracer convert training.yaml my_model            and back: a folder that deepracer-for-cloud takes
  deepracer convert runs/mine my_model                the configuration of a run

The other direction keeps what DeepRacer has: actions, hyperparameters, race, starts, and the reward file. A reward of
weighted terms has no file.
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "convert",
        help="convert between DeepRacer's files and a parameter file",
        description="Reads a folder with files of DeepRacer and writes a parameter file, or the other way.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, metavar="FROM", help="folder of DeepRacer's, a parameter file, or a run")
    parser.add_argument("target", type=Path, metavar="TO", help="parameter file (.yaml), or a folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Convert, and print the files written.

    Raises:
        InputError: if the source cannot be read, or the target exists or cannot be written.
    """
    from deepracer_ros.errors import InputError
    from deepracer_ros.run.folder import RunFolder

    if args.target.exists():
        raise InputError(f"{args.target}: exists, expected a new file or folder")
    config = RunFolder(args.source).config
    if args.source.is_dir() and not config.is_file():
        _to_parameters(args.source, args.target)
    else:
        _to_folder(config if config.is_file() else args.source, args.target)


def _to_parameters(source: Path, target: Path) -> None:
    from deepracer_ros.files import write_atomically
    from deepracer_ros.formats.folder import read_owner_folder
    from deepracer_ros.parameters import write_parameters
    from deepracer_ros.training.config import read_config

    values = read_owner_folder(source)
    read_config(values, str(source))
    write_atomically(target, write_parameters(values))
    print(target)


def _to_folder(source: Path, target: Path) -> None:
    from deepracer_ros.config import to_mapping
    from deepracer_ros.files import make_folder, read_file, replace_folder
    from deepracer_ros.formats.folder import model_documents
    from deepracer_ros.formats.training_params import to_training_params
    from deepracer_ros.parameters import read_parameters
    from deepracer_ros.training.config import read_config, with_absolute_paths

    config = read_config(with_absolute_paths(read_parameters(source), source.parent), str(source))
    values = to_mapping(config)
    contents = model_documents(values, config.actions)
    contents["training_params.yaml"] = f"{to_training_params(values).rstrip()}\n".encode()
    if isinstance(config.reward, str):
        contents["reward_function.py"] = read_file(Path(config.reward))
    routes = [Path(track) for track in config.tracks if track.endswith(".npy")]
    contents |= {route.name: read_file(route) for route in routes}
    make_folder(target.parent)
    replace_folder(target, contents)
    print(", ".join(str(target / name) for name in contents))
