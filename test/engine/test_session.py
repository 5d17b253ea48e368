# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer train` for real: whatever dies, fills up or refuses, every segment is trained once; nothing is left."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections import namedtuple
from contextlib import suppress
from pathlib import Path

import pytest
import redis
import yaml

from deepracer_ros.cli.main import main
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.store import ModelStore
from deepracer_ros.parameters import merge
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.state import read_state
from deepracer_ros.services.record import read_record
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3, read_keys

pytestmark = pytest.mark.timeout(180)  # each takes 10 s at most on a quiet machine

PARTS = ("redis", "s3", "trainer_node", "simulation_job")
NAME = "n"
"""Which ROS takes for false where it is not quoted."""
STEPS = 8
LONG = {
    "learning": {"epochs": 1, "precision": "float32"},
    "trainer": {"perfect_evaluations": 0, "max_seconds": 1e6},
    "experience": {"segment_steps": STEPS},
}
"""Such a training ends by what is done to it."""
FLAG = "flag"
REWARD = """
import os
def reward_function(params):
    if os.path.exists({flag!r}):
        raise ValueError("enough")
    return 1.0
"""
HUGE = ["--set", "reward.progress=1e38"]
"""All rewards are finite, but the sum of two need not be."""
Running = namedtuple("Running", "pid parent command folder")


def running():
    """Return all processes of this machine that can be looked at."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it is not ours, or has ended
            if entry.name.isdigit() and (command := (entry / "cmdline").read_bytes()):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                yield Running(int(entry.name), parent, command.decode(errors="replace"), os.readlink(entry / "cwd"))


class Training:
    """One run: its command, started as often as it takes, and what it has trained."""

    def __init__(self, root, open_ledger, recorded, check_segments, values):
        self.files, self.process = RunFolder(root / "runs" / NAME), None
        self.folder, self.ledger = self.files.path, open_ledger(self.files.checkpoint)
        self._recorded, self._heard, self._check = recorded, len(recorded.last), check_segments
        self._log = root / "log"
        config = root / "config.yaml"
        config.write_text(yaml.safe_dump({"/**": {"ros__parameters": values}}))
        self.command = [sys.executable, "-m", "deepracer_ros.cli.main", "train", "--config", str(config)]
        self.command += ["--runs", str(self.folder.parent), "--name", NAME]

    @property
    def words(self):
        """What the command last started wrote."""
        return self._log.read_text()

    def go(self):
        """Start the command unless it runs; wait until it trains."""
        if self.process is None or self.process.poll() is not None:
            goal = self.ledger.count + 2
            self.start()
            self.until(lambda: self.ledger.count >= goal)

    def start(self):
        """Start the command."""
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def until(self, condition, seconds=60.0):
        """Wait until a condition holds; fail if the command ends or it takes too long."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.words
            assert time.monotonic() < deadline, self.words
            time.sleep(0.005)

    def goes_on(self, updates=3):
        """Wait until so many more updates are trained, and the command has noticed."""
        goal = self.ledger.count + updates
        self.until(lambda: self.ledger.count >= goal)
        self.until(lambda: read_state(self.files.state).phase == "training")

    def random_moment(self, chance):
        """Wait for some moment of some update, of a seed that is printed."""
        self.goes_on(chance.randrange(1, 4))
        time.sleep(0.2 * chance.random())

    def pid(self, part):
        """Return the process id of a part; None while it is dead."""
        for process in running():
            ours = process.folder == str(self.folder / part) or f"nodes.{part}" in process.command
            if ours and process.parent == self.process.pid:
                return process.pid
        return None

    def kill(self, part, number=signal.SIGKILL):
        """Send a part a signal; wait until the session has started another."""
        old = self.pid(part)
        os.kill(old, number)
        self.until(lambda: self.pid(part) not in (None, old))

    def end(self, number):
        """Send the command, and whatever shares its group, a signal; return its exit code when all is gone."""
        os.killpg(self.process.pid, number)
        code = self.process.wait(30.0)
        deadline = time.monotonic() + 20.0
        while left := self.left():
            assert time.monotonic() < deadline, left
            time.sleep(0.005)
        return code

    def left(self):
        """Return the processes that have to do with the run."""
        return [process for process in running() if str(self.folder) in f"{process.command} {process.folder}"]

    def check_every_segment(self):
        """Check, after the end, that every segment is trained once or still there to be."""
        with LocalRedis(self.files.redis) as server, redis.Redis.from_url(server.url) as client:
            self.ledger.check()
            trained = [name for _, consumed in sorted(self.ledger.updates.items()) for name in consumed]
            recorded = self._recorded.last[self._heard :]
            assert recorded, "heard no recorder"
            self._check(client, NAME, trained, self.ledger.progress.consumed, recorded, STEPS)

    def close(self):
        """Kill what still runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def shared(tmp_path_factory, open_module_ledger, recorded, check_segments, small):
    root = tmp_path_factory.mktemp("shared")
    training = Training(root, open_module_ledger, recorded, check_segments, merge(small, LONG))
    yield training
    training.close()


@pytest.fixture
def training(shared):
    """A run that trains: what the tests before left of it goes on."""
    shared.go()
    return shared


@pytest.fixture
def apart(tmp_path, open_ledger, recorded, check_segments, small):
    """A run of its own, with a user's reward, that does not run yet."""
    reward = tmp_path / "reward.py"
    reward.write_text(REWARD.format(flag=str(tmp_path / "runs" / FLAG)))
    values = merge(merge(small, LONG), {"reward": str(reward)})
    training = Training(tmp_path, open_ledger, recorded, check_segments, values)
    yield training
    training.close()


@pytest.fixture
def apart_with_terms(tmp_path, open_ledger, recorded, check_segments, small):
    """A run of its own, with the default reward, that does not run yet."""
    training = Training(tmp_path, open_ledger, recorded, check_segments, merge(small, LONG))
    yield training
    training.close()


@pytest.mark.parametrize("part", PARTS)
def test_whatever_is_killed_is_started_again(training, chance, part):
    training.random_moment(chance)
    training.kill(part)
    training.goes_on()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_trainer_that_is_asked_to_end_from_outside_is_started_again(training, number):
    training.kill("trainer_node", number)
    training.goes_on()


def test_jobs_come_and_go_while_it_trains(training):
    def jobs():
        ours = [process for process in running() if process.parent == training.process.pid]
        return sum("nodes.simulation_job" in process.command for process in ours)

    for wanted in (2, 1):
        assert main(["scale", str(training.folder), "--jobs", str(wanted)]) == 0
        training.until(lambda wanted=wanted: jobs() == wanted)
        training.goes_on()


def test_a_second_command_for_the_same_run_is_refused(training):
    answer = subprocess.run(training.command, capture_output=True, text=True, timeout=30)
    assert answer.returncode == 2
    assert answer.stderr.endswith("another 'deepracer train' works on this run, expected one at a time\n")
    training.goes_on()


def test_a_full_redis_is_named_and_waited_for(training):
    with redis.Redis.from_url(read_record(training.files.services).redis_url) as client:
        before = client.config_get("maxmemory")
        client.config_set("maxmemory", 1)
        training.until(lambda: "refuses writes: " in training.words)
        client.config_set("maxmemory", before["maxmemory"])
    training.goes_on()


def test_an_s3_server_that_refuses_is_named_and_waited_for(training):
    identities = training.files.s3 / "s3.json"
    before = identities.read_text()
    readers = json.loads(before)
    readers["identities"][0]["actions"] = ["Read", "List"]
    identities.write_text(json.dumps(readers))
    training.kill("s3")
    training.until(lambda: "refused (AccessDenied)" in training.words)
    identities.write_text(before)
    training.kill("s3")
    training.goes_on()


def test_a_killed_session_leaves_no_process_and_its_remains_go_at_the_next_start(training, chance):
    training.random_moment(chance)
    assert training.end(signal.SIGKILL) == -signal.SIGKILL
    state = read_state(training.files.state)
    assert (state.phase, state.stale) == ("training", True)
    training.check_every_segment()
    (training.folder / ".summary.json.tmp").write_text("half")
    (training.folder / ".checkpoint.safetensors.tmp").write_text("half")
    training.go()
    assert not read_state(training.files.state).stale
    assert not (training.folder / ".summary.json.tmp").exists()


def test_ctrl_c_ends_it_and_says_how_it_goes_on(training):
    assert training.end(signal.SIGINT) == 130
    assert training.words.splitlines()[-1].startswith(f"deepracer: stopped; to resume, give --name {NAME}")
    assert read_state(training.files.state).phase == "stopped"
    training.check_every_segment()


def test_a_full_disk_ends_it_with_one_line_and_what_was_there_stays(training):
    for pid in (training.process.pid, training.pid("trainer_node")):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (100_000, 100_000))
    assert training.process.wait(60.0) == 2
    assert "cannot be written (File too large)" in training.words.splitlines()[-1]
    assert "Traceback" not in training.words
    training.check_every_segment()


def test_sigterm_ends_it_as_ctrl_c_does_also_while_it_starts(apart):
    apart.start()
    apart.until(lambda: apart.pid("simulation_job"))
    assert apart.end(signal.SIGTERM) == 143
    assert apart.words.splitlines()[-1] == f"deepracer: stopped; to resume, give --name {NAME}"


@pytest.fixture
def with_reward(apart):
    """A run whose reward function fails once a file is there."""
    apart.go()
    return apart


def test_a_reward_that_fails_ends_it_at_once_and_the_repaired_one_goes_on(with_reward):
    training, folder = with_reward, with_reward.folder
    flag, updates = folder.parent / FLAG, training.ledger.count
    flag.touch()
    assert training.process.wait(10.0) == 2  # it is not started again
    last = training.words.splitlines()[-1]
    assert re.search(
        r"^deepracer: \S+/reward.py:5: ValueError: enough at steps \d+, expected .*reward_error.json$", last
    )
    assert "Traceback" not in training.words
    params = json.loads((folder / "reward_error.json").read_text())
    assert params["steps"] == int(re.search(r"at steps (\d+)", last)[1])
    flag.unlink()
    training.go()
    assert training.ledger.count > updates


@pytest.fixture
def stopped(apart_with_terms):
    """A run that was stopped."""
    apart_with_terms.go()
    assert apart_with_terms.end(signal.SIGINT) == 130
    return apart_with_terms


def test_a_nan_ends_it_with_one_line_and_the_last_good_model_stays(stopped):
    training = stopped
    training.command += HUGE
    training.start()
    assert training.process.wait(60.0) == 2
    last = training.words.splitlines()[-1]
    assert last.startswith("deepracer: trainer: ")
    assert "expected finite numbers; the last good model stays" in last
    with LocalS3(training.files.s3) as server:
        store = ModelStore(ModelsConfig(endpoint=server.endpoint), NAME, read_keys(training.files.s3))
        assert store.load("last").manifest.training_step == training.ledger.progress.updates
