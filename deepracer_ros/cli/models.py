# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer models`, which lists, shows and rolls back the published models of a run."""

import argparse
import json
from pathlib import Path
from typing import Any

from deepracer_ros.config import to_mapping
from deepracer_ros.engine.run_models import open_store, version_of
from deepracer_ros.models.pointer import PointerName
from deepracer_ros.models.policy_file import Manifest
from deepracer_ros.models.store import ModelStore


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "models",
        help="list, show and roll back the models of a run",
        description="Shows the models that a run published to S3. If the local S3 server of the run is not running, it "
        "is started for the duration of the command.",
    )
    parser.add_argument(
        "--run",
        dest="run_name",
        default="latest",
        metavar="NAME",
        help="name of the run, or its folder (default: latest)",
    )
    parser.add_argument(
        "--runs", default=Path("runs"), type=Path, metavar="FOLDER", help="folder of all runs (default: runs)"
    )
    parser.add_argument(
        "--endpoint", metavar="URL", help="S3 server (default: the server of the run); boto3 finds the credentials"
    )
    parser.add_argument("--bucket", metavar="NAME", help="bucket of the models (default: the bucket of the run)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list all versions and mark the last and the best").set_defaults(run_action=_list)
    show = actions.add_parser("show", help="show the manifest of a version")
    show.add_argument("version", metavar="VERSION", help="a number, last or best")
    show.set_defaults(run_action=_show)
    rollback = actions.add_parser("rollback", help="use an earlier version until the next one is published")
    rollback.add_argument("version", metavar="VERSION", help="a number, or best")
    rollback.set_defaults(run_action=_rollback)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        InputError: if the run or version does not exist, or the server cannot be reached or started.
    """
    folder = Path(args.run_name) if Path(args.run_name).is_dir() else args.runs / args.run_name
    with open_store(folder, args.endpoint, args.bucket) as store:
        args.run_action(store, args)
    return 0


def _list(store: ModelStore, args: argparse.Namespace) -> None:
    names: tuple[PointerName, ...] = ("last", "best")
    pointers = {name: store.pointer(name) for name in names}
    rows = [("version", "", "created", "updates", "env steps", "kB", "evaluation")]
    for version in store.versions():
        manifest = store.manifest(version)
        marks = [name for name, pointer in pointers.items() if pointer and pointer.version == version]
        rows.append(
            (
                str(version),
                ",".join(marks),
                manifest.created,
                str(manifest.training_step),
                str(manifest.env_steps),
                f"{manifest.size / 1000:.0f}",
                _evaluation(manifest),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"{len(rows) - 1} versions of run {store.run!r}")


def _evaluation(manifest: Manifest) -> str:
    """Return the numbers of a model's evaluation as one cell of the list."""
    items = (manifest.evaluation or {}).items()
    return " ".join(f"{key}={value:g}" for key, value in items if isinstance(value, int | float))


def _show(store: ModelStore, args: argparse.Namespace) -> None:
    print(json.dumps(to_mapping(store.manifest(version_of(store, args.version))), indent=2))


def _rollback(store: ModelStore, args: argparse.Namespace) -> None:
    version = version_of(store, args.version)
    before = store.rollback(version)
    was = f" (before: {before.version})" if before else ""
    print(f"run {store.run!r}: last is now version {version}{was}")
