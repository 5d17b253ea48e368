# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer calibrate`, which shows, checks and changes the calibration file of a car."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepracer_ros.car.calibration import BACKUP, Calibration, Pulses, checked, read_calibration, write_calibration
from deepracer_ros.car.config import CarConfig
from deepracer_ros.errors import InputError

EXAMPLES = """\
examples:
  deepracer calibrate                                     the file of this car
  deepracer calibrate copy.json --steering 1200000,1460000,1700000
  deepracer calibrate copy.json --motor 1311000,1446000,1603500,-1
  deepracer calibrate new.json --default                  a file of a car that was never calibrated

Numbers are lengths of pulses in ns. A file that is changed stays beside the new one, with the ending .bak.
"""
SERVOS = ("steering", "motor")


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "calibrate",
        help="show, check and change the calibration of a car",
        description="Shows the pulses of the servos of a car, and changes them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = CarConfig().calibration
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        default=Path(default),
        metavar="FILE",
        help=f"calibration file (default: {default})",
    )
    for servo in SERVOS:
        parser.add_argument(
            f"--{servo}", metavar="MIN,MID,MAX[,POLARITY]", help=f"pulses of the {servo}, ns; polarity 1 or -1"
        )
    parser.add_argument("--default", action="store_true", help="begin with the values of a car without calibration")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Show the calibration, and write it if it is changed.

    Raises:
        InputError: if the file cannot be read or written, or a value is wrong.
    """
    calibration = before = Calibration() if args.default else read_calibration(args.file)
    for servo in SERVOS:
        if (text := getattr(args, servo)) is not None:
            calibration = replace(calibration, **{servo: _pulses(f"--{servo}", text, getattr(calibration, servo))})
    for servo in SERVOS:
        pulses: Pulses = getattr(calibration, servo)
        each = ", ".join(f"{1e-3 * value:.0f}" for value in (pulses.least, pulses.middle, pulses.most))
        print(f"{servo:9s} {each} us, polarity {pulses.polarity}")
    if args.default or calibration != before:
        kept = args.file.is_file()
        write_calibration(args.file, calibration)
        print(f"{args.file} written{f', the file before it is {args.file}{BACKUP}' if kept else ''}")


def _pulses(option: str, text: str, before: Pulses) -> Pulses:
    """Return the pulses of an option's text; without a polarity it stays.

    Raises:
        InputError: if it is something else.
    """
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (3, 4):
        raise InputError(f"{option}: found {text!r}, expected MIN,MID,MAX or MIN,MID,MAX,POLARITY in ns")
    least, middle, most, polarity = (*numbers, before.polarity)[:4]
    return checked(Pulses(least, middle, most, polarity), option)
