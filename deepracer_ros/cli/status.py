# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer status`, which shows how a run stands, from any machine that reaches its Redis."""

import argparse
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepracer_ros.cli.options import REDIS_VARIABLE, named_server

if TYPE_CHECKING:
    from deepracer_ros.experience.workers import WorkerReport
    from deepracer_ros.run.folder import RunFolder

EXAMPLES = """\
examples:
  deepracer status runs/latest
  deepracer status shared --redis redis://HEAD:6379
  deepracer status shared --json
"""
PATIENCE = 2.0
"""How long Redis is asked again while it does not answer, s."""
SAMPLE_SECONDS = 2.0
"""Time between the two looks from which rates are computed, s."""
SILENT_SECONDS = 30.0
"""Time without an append after which a job is shown as silent, s."""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "status",
        help="show how a run stands, also one on other machines",
        description="Shows phase, progress and experience of a run, and what each simulation job sends.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_run_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a run by its folder, or by its name and its Redis server."""
    parser.add_argument(
        "run_name", nargs="?", default="runs/latest", metavar="RUN",
        help="folder of a run, or name of a run on the Redis server (default: runs/latest)",
    )  # fmt: skip
    parser.add_argument(
        "--redis", metavar="URL", help=f"Redis server, without its password (default: that of the run folder, or "
        f"${REDIS_VARIABLE})",
    )  # fmt: skip


def find_run(args: argparse.Namespace) -> tuple[str, str]:
    """Return the URL of a run's Redis server, with its password, and the name of the run.

    Args:
        args: Parsed options of `add_run_options`.

    Raises:
        InputError: if the run folder names no server, and none is given.
    """
    from deepracer_ros.errors import InputError
    from deepracer_ros.experience.config import complete_url
    from deepracer_ros.names import check_run_name
    from deepracer_ros.services.record import read_record

    folder = _folder(args.run_name)
    if args.redis is None and folder is not None and folder.services.is_file():
        return read_record(folder.services).redis_url, folder.path.resolve().name
    if args.redis is None and not os.environ.get(REDIS_VARIABLE):
        raise InputError(
            f"{args.run_name}: found no run folder with services.json, expected one, or the Redis server by --redis or "
            f"{REDIS_VARIABLE}"
        )
    return complete_url(named_server(args.redis, "--redis", REDIS_VARIABLE)), check_run_name(args.run_name)


def _folder(name: str) -> "RunFolder | None":
    """Return the folder of a run on this machine by its path or, below runs/, its name; None if there is none."""
    from deepracer_ros.run.folder import RunFolder

    return next((RunFolder(path) for path in (Path(name), Path("runs") / name) if path.is_dir()), None)


def run(args: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        InputError: if there is no such run, or Redis does not answer.
    """
    from deepracer_ros.experience.bulletin import BulletinReader

    folder = _folder(args.run_name) if args.redis is None else None
    if folder is not None and (ended := _ended(folder)) is not None:
        print(json.dumps(ended, indent=2) if args.json else "\n".join(_lines(ended)))
        return
    url, name = find_run(args)
    reader = BulletinReader(url, name, PATIENCE)
    before, began = reader.workers(), time.monotonic()
    time.sleep(SAMPLE_SECONDS)
    after, seconds = reader.workers(), time.monotonic() - began
    standing, record = reader.standing(), reader.latest_record() or _own_record(folder)
    found = {
        "run": name,
        "phase": standing.phase or "not begun",
        "words": standing.words,
        "wanted_jobs": reader.wanted_jobs(),
        "experience": vars(reader.experience()),
        "progress": json.loads(record) if record else None,
        "jobs": {job: _rates(before.get(job), report, seconds) for job, report in after.items()},
    }
    print(json.dumps(found, indent=2) if args.json else "\n".join(_lines(found)))


def _ended(folder: "RunFolder") -> dict[str, Any] | None:
    """Return how a run of this machine stands if no session works on it; its servers may be gone."""
    from deepracer_ros.run.state import ENDED, read_state

    state = read_state(folder.state)
    if state is None or not (state.stale or state.phase in ENDED):
        return None
    record, phase = _own_record(folder), "stopped" if state.stale else state.phase
    found = {"run": folder.path.resolve().name, "phase": phase, "words": state.warning}
    return {**found, "progress": json.loads(record) if record else None, "experience": None, "jobs": {}}


def _own_record(folder: "RunFolder | None") -> bytes | None:
    """Return the newest progress record in a run folder of this machine; None if there is none."""
    from deepracer_ros.run.progress import encode_record, read_progress

    records = read_progress(folder.progress) if folder is not None else []
    return encode_record(records[-1]) if records else None


def _rates(before: "WorkerReport | None", after: "WorkerReport", seconds: float) -> dict[str, Any]:
    """Return what a job sends, from two of its reports; a job that was restarted begins at 0 again."""
    since = before if before is not None and before.segments <= after.segments else None
    return {
        "host": after.host,
        "segments": after.segments,
        "segments_per_second": round((after.segments - since.segments) / seconds, 1) if since else 0.0,
        "bytes_per_second": round((after.size - since.size) / seconds) if since else 0,
        "dropped_segments": after.dropped,
        "silent_seconds": round(max(0.0, time.time() - after.seconds), 1),
    }


def _lines(found: dict[str, Any]) -> list[str]:
    """Return the lines for a person."""
    held, progress = found["experience"], found["progress"]
    lines = [f"run {found['run']}: {found['phase']}{': ' if found['words'] else ''}{found['words']}"]
    if progress:
        lines.append(
            f"{progress['env_steps']} steps trained in {progress['seconds']:.0f} s, "
            f"{progress['steps_per_second']:.0f}/s, staleness {progress['staleness']:.1f}, "
            f"model {progress['model_version']}"
        )
    if held is None:
        return lines
    lines.append(
        f"experience: {held['segments']} segments held, {held['bytes'] / 1e6:.1f} MB; {held['appended']} stored, "
        f"{held['duplicates']} sent again, {held['acknowledged']} taken"
    )
    for job, rates in found["jobs"].items():
        silent = f", silent for {rates['silent_seconds']:.0f} s" if rates["silent_seconds"] > SILENT_SECONDS else ""
        lines.append(
            f"{job} on {rates['host']}: {rates['segments_per_second']:.1f} segments/s, "
            f"{rates['bytes_per_second'] / 1e6:.2f} MB/s, {rates['dropped_segments']} dropped{silent}"
        )
    return lines
