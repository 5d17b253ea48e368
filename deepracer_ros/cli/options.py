# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Command-line options for the configuration: a file, and options that override its keys."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import HIDDEN, has_password
from deepracer_ros.formats.folder import read_owner_folder
from deepracer_ros.names import check_run_name
from deepracer_ros.parameters import merge, nest, parse_value, read_parameters
from deepracer_ros.reference import text_of
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.share import share_directory
from deepracer_ros.simulation.sensors import TRACE
from deepracer_ros.training.config import RunConfig, read_config, with_absolute_paths

DEFAULT_CONFIG = "config/training.yaml"
"""Configuration file that is used without `--config`, in the package's data folder."""
REDIS_VARIABLE = "DEEPRACER_REDIS"
"""Environment variable with the URL of a Redis server; unlike an option, it is not visible in a process list."""


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add `--config`, short options for the most used keys, and `--set` for all keys."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="ROS 2 parameter file (default: the package's training.yaml)"
    )
    parser.add_argument(
        "--from",
        dest="owner",
        type=Path,
        metavar="FOLDER",
        help="folder with reward_function.py, model_metadata.json, hyperparameters.json or a route of DeepRacer; they "
        "precede the parameter file",
    )
    parser.add_argument("--track", metavar="NAME[,NAME]", help=text_of(RunConfig, "tracks"))
    parser.add_argument("--seed", type=int, help=text_of(RunConfig, "seed"))
    parser.add_argument("--jobs", type=int, help=text_of(RunConfig, "jobs"))
    parser.add_argument("--reward", metavar="FILE", help=text_of(RunConfig, "reward"))
    parser.add_argument(
        "--require-sandbox", action="store_true", default=None, help=text_of(RunConfig, "require_sandbox")
    )
    parser.add_argument("--simulator", metavar="NAME", help=text_of(RunConfig, "simulation.simulator"))
    parser.add_argument(
        "--redis",
        metavar="URL",
        help=f"Redis server (default: ${REDIS_VARIABLE}, or a local one is started). A process list shows this option, "
        "so give a URL with a password in the variable",
    )
    parser.add_argument("--s3", metavar="URL", help="S3 server, or 'aws' (default: a local one is started)")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set any key, for example learning.epochs=6",
    )


def named_server(option: str | None, name: str, variable: str) -> str:
    """Return the address of a server that an option or an environment variable gives.

    Args:
        option: Value of the option.
        name: Name of the option.
        variable: Name of the variable.

    Raises:
        InputError: if neither gives one, or the option has a password, which a process list would show.
    """
    if option and has_password(option):
        raise InputError(
            f"{name}: found a password, which a process list would show; expected a URL without one, and the password "
            "in DEEPRACER_REDIS_PASSWORD"
        )
    found = option or os.environ.get(variable)
    if not found:
        raise InputError(f"{name}: not given, expected the URL of the server here or in {variable}")
    return found


def read_run_config(args: argparse.Namespace, base: Mapping[str, Any] | None = None) -> RunConfig:
    """Return the configuration from the file and the options, which override the file.

    Args:
        args: Parsed options of `add_config_options`.
        base: Nested values that are used where the command neither names a file nor resumes a run; by default those
            of the package's file.

    Raises:
        InputError: if the file cannot be read, or a key or value is wrong.
    """
    path = args.config or _own_config(args) or share_directory() / DEFAULT_CONFIG
    own = base is None or args.config or _own_config(args)
    given = with_absolute_paths(read_parameters(path), path.parent) if own else dict(base or {})
    read_config(given, str(path))  # what is wrong in the file is said of the file
    if args.owner is not None:
        given = _with_owner(given, args.owner)
        read_config(given, str(args.owner))
    values = merge(given, nest(_settings(args.settings)))
    options: dict[str, Any] = {
        "tracks": [name for name in args.track.split(",") if name] if args.track is not None else None,
        "seed": args.seed,
        "jobs": args.jobs,
        "reward": args.reward,
        "require_sandbox": args.require_sandbox,
    }
    values = merge(values, {key: value for key, value in options.items() if value is not None})
    if getattr(args, "simtrace", False):
        sensors = values.get("sensors", RunConfig.__dataclass_fields__["sensors"].default)
        values = merge(values, {"sensors": list(dict.fromkeys((*sensors, TRACE)))})
    if args.simulator:
        values = merge(values, {"simulation": {"simulator": args.simulator}})
    url = args.redis or os.environ.get(REDIS_VARIABLE)
    if url:
        values = merge(values, {"experience": {"url": url}})
    if args.s3:
        values = merge(values, {"models": {"aws": True} if args.s3 == "aws" else {"endpoint": args.s3}})
    config = read_config(with_absolute_paths(values, Path.cwd()), "command line")
    if HIDDEN in config.experience.url:
        raise InputError(
            f"{path}: experience.url: found {config.experience.url!r}, whose password is hidden; expected the whole "
            f"URL, given by --redis URL or {REDIS_VARIABLE}=URL"
        )
    return config


def _with_owner(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return configuration values with those of a DeepRacer owner's folder over them."""
    owner = read_owner_folder(folder)
    for name in ("actions", "reward"):  # whole, since keys of another action space or term would be left
        if name in owner:
            given = {key: value for key, value in given.items() if key != name}
    return merge(given, owner)


def _own_config(args: argparse.Namespace) -> Path | None:
    """Return the configuration of the run that the command resumes; None for a new run."""
    name, runs = getattr(args, "name", None), getattr(args, "runs", None)
    if name is None or runs is None:
        return None
    path = RunFolder(runs / check_run_name(name)).config
    return path if path.is_file() else None


def _settings(settings: list[str]) -> dict[str, Any]:
    """Return the `KEY=VALUE` options as a mapping; the values are parsed as YAML."""
    found: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise InputError(f"--set {setting}: expected KEY=VALUE, for example learning.epochs=6")
        try:
            found[key] = parse_value(value)
        except yaml.YAMLError as error:
            raise InputError(f"--set {setting}: found {value!r}, expected YAML") from error
    return found
