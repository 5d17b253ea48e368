# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer export`, which makes of a model what a car or another inference engine loads."""

import argparse
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.names import to_file_name

EXAMPLES = """\
examples:
  deepracer export runs/latest                          an archive for the web page of the car
  deepracer export runs/mine:12 --output mine-12.tar.gz
  deepracer export generalist --format onnx
  deepracer export --check downloaded.tar.gz            would a car load it?
  deepracer export runs/mine --check mine.tar.gz        and is it this model?

Every export runs on 200 frames beside the policy before it is written. docs/car.md describes the formats.
"""
ENDINGS = {"car": ".tar.gz", "onnx": ".onnx", "openvino": "-openvino", "tflite": ".tflite"}
"""Ending of the name of the file or folder of each format."""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "export",
        help="make of a model what a car loads",
        description="Writes a model as an archive that the web page of the car installs, or for other engines.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "model", nargs="?", metavar="RUN[:best|last|N]",
        help="run folder, name of a run, model folder, or generalist (default: runs/latest)",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=tuple(ENDINGS), default="car",
        help="car: archive for a DeepRacer. onnx, openvino, tflite: for other engines; each needs its own package "
        "(default: car)",
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, metavar="PATH", help="what to write (default: the name of the run, in this folder)"
    )
    parser.add_argument(
        "--check", type=Path, metavar="FILE", help="write nothing; check an archive, with a model also that it is this"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Export or check, and print what was found.

    Raises:
        InputError: if the model does not exist or no car runs it, an archive is wrong, or nothing can be written.
    """
    from deepracer_ros.export.car_network import read_car_network

    if args.check is not None:
        _check(args)
        return
    from deepracer_ros.engine.sources import find_source

    model = find_source(args.model or "runs/latest").read()
    network = read_car_network(model)
    name = to_file_name(model.manifest.run).replace(".", "-") or "model"
    path = args.output or Path(f"{name}{ENDINGS[args.format]}")
    from deepracer_ros.export.formats import FORMATS

    print(f"{path}: {FORMATS[args.format](network, path)}")


def _check(args: argparse.Namespace) -> None:
    """Check an archive.

    Raises:
        InputError: if a car would not load it, or it is another model.
    """
    from deepracer_ros.engine.sources import find_source
    from deepracer_ros.export.archive import read_archive
    from deepracer_ros.export.car_network import read_car_network
    from deepracer_ros.export.trial import try_archive

    if args.output is not None or args.format != "car":
        raise InputError("--check: found --output or --format, expected neither: nothing is written")
    network = None if args.model is None else read_car_network(find_source(args.model).read())
    print(f"{args.check}: {try_archive(read_archive(args.check), str(args.check), network)}")
