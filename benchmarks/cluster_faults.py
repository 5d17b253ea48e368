# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Trainings on a Ray cluster of several raylets, of which something is killed: is anything lost or trained twice?

    python -m benchmarks.cluster_faults --trials 20 --seed 1

In each trial a cluster of three raylets trains with four jobs. At random moments SIGKILL ends a raylet, the process of
an actor, or the trainer. The training must reach every lap. Afterwards the counts must agree: what Redis got is what
the updates of the checkpoints have used, and what it still holds.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ray.cluster_utils import Cluster

from deepracer_ros.engine.run_models import open_store
from deepracer_ros.experience.bulletin import BulletinReader
from deepracer_ros.experience.config import split_password
from deepracer_ros.models.bucket import open_bucket
from deepracer_ros.parameters import read_parameters
from deepracer_ros.run.bucket_checkpoints import read_bucket_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import read_progress
from deepracer_ros.run.summary import read_summary
from deepracer_ros.services.record import read_record
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import read_keys
from deepracer_ros.training.config import read_config

JOBS, RAYLETS = 4, 3
LIMIT_SECONDS = 240.0
"""Longest training, s."""
VICTIMS = ("raylet", "actor", "trainer")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Yield a cluster of three raylets on this machine; the trainer may only be on the first, the head."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "resources": {"trainer": 1}})
    for _ in range(RAYLETS - 1):
        made.add_node(num_cpus=2)
    try:
        yield made
    finally:
        made.shutdown()


def processes(*parts: str) -> list[int]:
    """Return the ids of the processes whose command lines have all parts."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            except OSError:
                continue
            if all(part in command for part in parts):
                found.append(int(entry.name))
    return found


def strike(made: Cluster, run: str, victim: str, chance: random.Random) -> str:
    """Kill something of the training; return what it was, empty if it was not there."""
    if victim == "raylet":
        workers = [node for node in made.list_all_nodes() if node != made.head_node]
        if not workers:
            return ""
        node = chance.choice(workers)
        made.remove_node(node, allow_graceful=False)
        made.add_node(num_cpus=2)
        return victim
    pids = processes(f"cli.main work {'trainer' if victim == 'trainer' else 'simulation'} --run {run} ")
    if not pids:
        return ""
    os.kill(chance.choice(sorted(pids)), signal.SIGKILL)
    return victim


def trial(number: int, seed: int, folder: Path) -> str:
    """Train once; return what happened, one line that begins with `whole` if nothing was lost or trained twice."""
    chance, run = random.Random(f"{seed}-{number}"), f"faults-{number}"
    with cluster() as made:
        command = [sys.executable, "-m", "deepracer_ros.cli.main", "train", "--cluster", "auto", "--track", "oval"]
        command += ["--jobs", str(JOBS), "--name", run, "--runs", str(folder), "--set", "trainer.max_staleness=1000"]
        log = (folder / f"{run}.log").open("wb")
        driver = subprocess.Popen(
            command, env={**os.environ, "RAY_ADDRESS": made.address}, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        files, done, began = RunFolder(folder / run), [], time.monotonic()
        victims, due = chance.sample(VICTIMS, len(VICTIMS)), 0.0
        while driver.poll() is None and time.monotonic() - began < LIMIT_SECONDS:
            if victims and read_progress(files.progress):
                due = due or time.monotonic() + chance.uniform(0.2, 2.0)
                if time.monotonic() > due:
                    done.append(strike(made, run, victims.pop(), chance))
                    due = time.monotonic() + chance.uniform(1.0, 4.0)
            time.sleep(0.05)
        driver.kill()
        code = driver.wait()
    struck = ", ".join(victim for victim in done if victim)
    if code:
        return f"failed with {code} after {struck}: {(folder / f'{run}.log').read_text().strip().splitlines()[-1]}"
    return f"{count(files)} after {struck}, {time.monotonic() - began:.0f} s"


def count(files: RunFolder) -> str:
    """Compare what Redis got with what the checkpoints have used, and what is still held."""
    config = read_config(read_parameters(files.config), str(files.config))
    laps, password = read_summary(files.summary).evaluation, split_password(read_record(files.services).redis_url)[1]
    with open_store(files.path) as store, LocalRedis(files.redis, password=password) as redis:
        checkpoint = read_bucket_checkpoint(open_bucket(store.config, read_keys(files.s3)), files.name)
        status = BulletinReader(redis.url, files.name).experience()
    assert checkpoint is not None
    used = checkpoint.progress.updates * config.trainer.batch_segments
    difference = status.appended - status.segments - used
    words = "whole" if difference == 0 else f"{-difference} segments too many trained"
    return f"{words} ({status.appended} stored, {used} trained, {laps.laps_completed} of {laps.laps_attempted} laps)"


def main() -> int:
    """Print each trial."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster_faults", description=__doc__)
    parser.add_argument("--trials", type=int, default=20, help="number of trainings (default: 20)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    whole = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.trials):
            found = trial(number, options.seed, Path(folder))
            whole += found.startswith("whole")
            print(f"{number}: {found}", flush=True)
    print(f"{whole} of {options.trials} whole")
    return 0 if whole == options.trials else 1


if __name__ == "__main__":
    sys.exit(main())
