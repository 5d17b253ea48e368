# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The entry point of the console script `deepracer`."""

import argparse
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from deepracer_ros.errors import InputError
from deepracer_ros.share import version

COMMANDS: tuple[str, ...] = (
    "train", "drive", "evaluate", "config", "tracks", "models", "race", "analyse", "export", "calibrate", "reward",
    "logs", "record", "replay", "convert", "gazebo", "work", "status", "scale", "sweep", "manifest",
)  # fmt: skip
"""Names of the commands in the order of `--help`; each is a module of this package.

Each module has `add_parser(subparsers)`, which adds a parser with the name of the command. It sets the default `run` to
a function of the parsed arguments that returns an exit code or None. `--help` imports all modules, so they import slow
libraries (torch, rclpy) only inside `run`.
"""

EXAMPLES = """\
examples:
  deepracer train                                     train on the default track until every lap is complete
  deepracer drive --track oval                        let the model of this package drive at once
  deepracer train --track oval --seed 3               train on another track with another seed
  deepracer evaluate --model runs/latest --laps 3     drive laps, and write a report and a video
  deepracer tracks list                               list the tracks that come with the package

`deepracer COMMAND --help` describes a command.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Arguments after `deepracer` on the command line; by default those of this process.

    Returns:
        The exit code of the command; 2 after bad input, with one line on stderr; 130 after Ctrl-C.

    Raises:
        SystemExit: with code 143 after SIGTERM, when everything is closed.
    """
    signal.signal(signal.SIGTERM, _terminate)
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        options = _parser(arguments).parse_args(arguments)
        code = options.run(options) or 0
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"deepracer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader has ended, for example `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        gc.freeze()  # otherwise the process takes another second to end, for the objects of torch and numba


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one line, as every other bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise the message as an error.

        Raises:
            InputError: always.
        """
        raise InputError(f"{message}; `{self.prog} --help` shows what is expected")


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


class _CommandList(argparse.RawDescriptionHelpFormatter):
    """Keeps each command and its help on one line: argparse forgets that the names are indented."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = 4 + max(map(len, COMMANDS))


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of the command in `arguments`, or of all commands if there is none."""
    parser = Parser(
        prog="deepracer",
        description="Train, watch, race and deploy camera-driven policies for a DeepRacer car on ROS 2.",
        epilog=EXAMPLES,
        formatter_class=_CommandList,
    )
    parser.add_argument("--version", action="version", version=f"deepracer_ros {version()}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS:
        importlib.import_module(f"deepracer_ros.cli.{name}").add_parser(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
