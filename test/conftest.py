"""Settings of every test process, made before anything imports rclpy or numba; and what tests of whole runs share."""

import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest


def _own_domain() -> tuple[int, socket.socket]:
    """Return a ROS domain that no other test process on this machine uses, and what holds it.

    The holder is a TCP port with the number of the domain's first UDP port: DDS does not want it, and
    the kernel frees it when this process ends, however it ends. Domains above 101 reach into the
    ports that Linux hands to clients.
    """
    for offset in range(101):
        domain = 1 + (os.getpid() + offset) % 101
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", 7400 + 250 * domain))
        except OSError:
            holder.close()
        else:
            return domain, holder
    raise RuntimeError("all ROS domains from 1 to 101 are in use by test processes of this machine")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts `make test &` with SIGINT ignored, and every process of a test would inherit this.
    signal.signal(signal.SIGINT, signal.default_int_handler)

_DOMAIN, _DOMAIN_HOLDER = _own_domain()
_ROS_LOGS = tempfile.TemporaryDirectory(prefix="deepracer-ros-log-", ignore_cleanup_errors=True)

os.environ.update(
    ROS_DOMAIN_ID=str(_DOMAIN),
    ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST",
    ROS_LOG_DIR=_ROS_LOGS.name,
    ROS_PYTHON_CHECK_FIELDS="1",  # else a wrongly typed field arrives as another number
    RMW_IMPLEMENTATION="rmw_fastrtps_cpp",
)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", str(min(2, os.cpu_count() or 1)))
os.environ.setdefault("MPLBACKEND", "Agg")

DRIVES = ("cli", "engine", "examples", "launching", "nodes", "report", "simulation", "training")
"""Folders of tests that drive cars."""


def pytest_collection_finish(session):
    """Compile the simulator once, before any test has a deadline; that takes a minute on a busy machine."""
    here = Path(__file__).parent
    if not any(item.path.relative_to(here).parts[0] in DRIVES for item in session.items if here in item.path.parents):
        return
    from deepracer_ros.race.compilation import is_compiled
    from deepracer_ros.simulation.config import EnvironmentConfig
    from deepracer_ros.simulation.factory import make_evaluation

    if not is_compiled():
        make_evaluation(EnvironmentConfig(), ["oval"], 1).reset()


STEPS, HEIGHT, WIDTH = 8, 40, 48
SMALL = {
    "tracks": ["oval"],
    "camera": {"width": WIDTH, "height": HEIGHT},
    "network": {"width": WIDTH, "height": HEIGHT},
    "simulation": {"cars": 16},
    "experience": {"segment_steps": STEPS, "capacity_segments": 64},
    "trainer": {
        "batch_segments": 16, "threads": 1, "evaluate_every": 0, "evaluation_starts": 1, "max_staleness": 1000000,
    },
}  # fmt: skip
SEED = "DEEPRACER_TEST_SEED"


@pytest.fixture(scope="session")
def small():
    """The configuration of a small run, as a mapping."""
    return SMALL


@pytest.fixture
def chance():
    """Random numbers of a seed that is printed; the environment variable DEEPRACER_TEST_SEED repeats it."""
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(1 << 32))
    print(f"{SEED}={seed}")
    return random.Random(seed)


@pytest.fixture
def full_at():
    """Return a context in which no file of this process can grow beyond a size in bytes, as on a full disk."""

    @contextmanager
    def limit(size):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limit


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    """A Redis server that tests share."""
    from deepracer_ros.services.redis_server import LocalRedis

    with LocalRedis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """An S3 server that tests share, with a second identity that may only read."""
    from deepracer_ros.services.s3_server import LocalS3

    folder = tmp_path_factory.mktemp("s3")
    rights = {"WRITER": ["Admin", "Read", "Write", "List", "Tagging"], "READER": ["Read", "List"]}
    identities = [
        {"name": key, "credentials": [{"accessKey": key, "secretKey": f"{key}-secret"}], "actions": actions}
        for key, actions in rights.items()
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    with LocalS3(folder) as server:
        yield server


@pytest.fixture
def s3_keys(s3, monkeypatch):
    """Let boto3 find the keys of the shared S3 server."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)


class Ledger:
    """What was trained: follows the checkpoint, which names what each update learned from.

    What counts is the line of checkpoints: an update that died before its checkpoint has never been.

    Attributes:
        updates: Ids of the segments of each update that a checkpoint holds.
        progress: Of the newest checkpoint.
    """

    def __init__(self, path):
        self._path = Path(path)
        self.updates, self.progress = {}, {}
        script = Path(__file__).with_name("follow_checkpoint.py")
        # The path is no argument, since tests look for processes with a run's folder in their command.
        command = [sys.executable, "-S", str(script)]
        self._follower = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._follower.stdin.write(f"{path}\n")
        self._follower.stdin.close()
        assert self._follower.stdout.readline() == "ready\n"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        for line in self._follower.stdout:
            progress = json.loads(line)
            consumed = tuple(progress["consumed"])
            if self.updates.setdefault(progress["updates"], consumed) != consumed:
                self.updates[-1] = consumed  # no number of an update: `check` finds it
            self.progress = progress

    def catch_up(self, seconds=5.0):
        """Wait, after the training's end, until the newest checkpoint is heard of."""
        from safetensors import safe_open

        if not self._path.exists():
            return
        with safe_open(self._path, "np") as file:
            newest = json.loads(file.metadata()["progress"])
        deadline = time.monotonic() + seconds
        while self.progress != newest:
            assert time.monotonic() < deadline, f"heard of {self.progress}, expected {newest}"
            time.sleep(0.005)

    @property
    def count(self):
        return len(self.updates)

    def until(self, updates, seconds=30.0):
        """Wait until so many updates are trained."""
        deadline = time.monotonic() + seconds
        while self.count < updates:
            assert time.monotonic() < deadline, f"{self.count} updates within {seconds} s, expected {updates}"
            time.sleep(0.005)

    def check(self):
        """Check that every update was seen and none trained what another one had; return the ids trained."""
        self.catch_up()
        assert sorted(self.updates) == list(range(1, self.count + 1))
        trained = Counter(name for consumed in self.updates.values() for name in consumed)
        assert max(trained.values(), default=1) == 1
        return set(trained)

    def close(self):
        self._follower.kill()
        self._follower.wait()
        self._thread.join()
        self._follower.stdout.close()


def _open_ledgers():
    opened = []

    def make(checkpoint):
        opened.append(Ledger(checkpoint))
        return opened[-1]

    yield make
    for ledger in opened:
        ledger.close()


@pytest.fixture
def open_ledger():
    """Follow the checkpoint file of a run."""
    yield from _open_ledgers()


@pytest.fixture(scope="module")
def open_module_ledger():
    """As `open_ledger`, over several tests."""
    yield from _open_ledgers()
