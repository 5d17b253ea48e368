# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Submission of a training to a Ray cluster: the command itself runs as a job inside the cluster."""

import shlex
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from deepracer_ros.engine.checks import check_config
from deepracer_ros.engine.processes import PREFIX
from deepracer_ros.engine.ray_engine import JobClient
from deepracer_ros.engine.run_files import CONFIG, files_of_run
from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import has_password
from deepracer_ros.names import check_run_name, name_of_tracks, to_file_name
from deepracer_ros.training.config import RunConfig

LOOK_SECONDS = 2.0
"""Pause between two looks at the job, s."""
PATIENCE = 60.0
"""Time without an answer of the cluster after which the command gives up to watch, s; the job goes on."""


def submit_training(address: str, config: RunConfig, name: str | None, runs: Path) -> int:
    """Submit a training, show what it prints, and return its exit code.

    Ctrl-C stops the training. A connection that is lost does not: the job goes on in the cluster.

    Args:
        address: Address of the cluster's Jobs API, `http://HEAD:8265`.
        config: Configuration of the run.
        name: Name of the run; None: one of time and tracks.
        runs: Folder of all runs on the head's node; a relative one is in the home folder there.

    Raises:
        InputError: if the address is none of a Jobs API, the cluster does not answer, or the configuration is wrong.
    """
    _check_address(address)
    if has_password(config.experience.url):
        raise InputError(
            "experience.url: found a password, which every user of the cluster could read; expected it in the "
            "environment of the head's node, as DEEPRACER_REDIS_PASSWORD"
        )
    tracks = check_config(config)
    run = check_run_name(name or f"{time.strftime('%Y%m%d-%H%M%S')}-{to_file_name(name_of_tracks(tracks))[:60]}")
    folder = str(runs) if runs.is_absolute() else f'"$HOME"/{shlex.quote(str(runs))}'
    entry = f"deepracer train --cluster auto --config {CONFIG} --name {shlex.quote(run)} --runs {folder}"
    with tempfile.TemporaryDirectory(prefix="deepracer-submit-") as place:
        for file, content in files_of_run(config).items():
            (Path(place) / file).write_bytes(content)
        client = JobClient(address)
        job = client.submit(entry, place)
    print(f"{PREFIX}run {run} is job {job} of {address}; its results will be in {runs}/{run} there", flush=True)
    try:
        return _follow(client, job)
    except KeyboardInterrupt:
        client.stop(job)
        raise


def _check_address(address: str) -> None:
    """Check that an address is one of a Jobs API.

    Raises:
        InputError: if it is not.
    """
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.hostname:
        return
    hint = f"http://{parts.hostname}:8265, the address of the Jobs API" if parts.scheme == "ray" else "http://HEAD:8265"
    raise InputError(f"--cluster: found {address!r}, expected {hint}, or auto")


def _follow(client: JobClient, job: str) -> int:
    """Show what a job prints until it ends; return its exit code."""
    shown, answered = 0, time.monotonic()
    while True:
        try:
            status, log = client.look(job)
            answered = time.monotonic()
        except InputError:
            if time.monotonic() - answered > PATIENCE:
                raise
            status, log = None, ""
        sys.stdout.write(log[shown:])
        sys.stdout.flush()
        shown = max(shown, len(log))
        if status is not None:
            return status
        time.sleep(LOOK_SECONDS)
