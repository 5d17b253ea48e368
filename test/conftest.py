# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Settings of every test process, made before anything imports rclpy or numba; and what tests of whole runs share."""

import json
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

HOOKS = Path(__file__).parent / "hooks"
sys.path.insert(0, str(HOOKS))
import checkpoint_notes  # noqa: E402 - also imported by the processes of a test


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


def pytest_collection_modifyitems(items):
    """Skip the tests marked `gazebo` where Gazebo is not prepared, with the reason."""
    from deepracer_ros.simulation.gazebo.installation import missing_part

    marked = [item for item in items if item.get_closest_marker("gazebo")]
    if marked and (missing := missing_part()):
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=f"Gazebo is not prepared: {missing} (make gazebo)"))


def pytest_collection_finish(session):
    """Compile the simulator once, before any test has a deadline; that takes a minute on a busy machine."""
    here = Path(__file__).parent
    if not any(item.path.relative_to(here).parts[0] in DRIVES for item in session.items if here in item.path.parents):
        return
    from deepracer_ros.files import only_one
    from deepracer_ros.race.compilation import cache_folder, is_compiled
    from deepracer_ros.simulation.config import EnvironmentConfig
    from deepracer_ros.simulation.factory import make_evaluation

    cache_folder().parent.mkdir(parents=True, exist_ok=True)
    with only_one(cache_folder().with_suffix(".lock")):  # `make test` has several such processes
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


@pytest.fixture(scope="session")
def random_weights():
    """Return the tensors of a network with random weights for a configuration."""
    from deepracer_ros.learning.action_space import make_action_space
    from deepracer_ros.learning.network import ActorCritic
    from deepracer_ros.simulation.sensors import sensor_specs

    def draw(config):
        network = ActorCritic(config.network, sensor_specs(config), make_action_space(config.actions).outputs)
        return {name: parameter.detach().numpy().copy() for name, parameter in network.named_parameters()}

    return draw


@pytest.fixture(scope="session")
def write_untrained(random_weights):
    """Write the folder of a model with random weights for a configuration, and return it."""
    from deepracer_ros.models.folder import write_model_folder
    from deepracer_ros.training.policies import make_manifest

    def write(folder, config):
        write_model_folder(folder, random_weights(config), make_manifest(config, "untrained", 0, 0))
        return folder

    return write


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
    """What was trained: the notes about each checkpoint, which names what its update learned from.

    What counts is the line of checkpoints: an update that died before its checkpoint has never been.
    """

    def __init__(self, path):
        self._path, self._notes = Path(path), checkpoint_notes.folder_of(path)

    @property
    def updates(self):
        """Ids of the segments of each update that a checkpoint holds."""
        found = {}
        for path in self._notes.glob("*.json"):
            noted = json.loads(path.read_text())
            consumed = tuple(noted["consumed"])
            if found.setdefault(noted["updates"], consumed) != consumed:
                found[-1] = consumed  # no number of an update: `check` finds it
        return found

    @property
    def progress(self):
        """The progress in the newest checkpoint."""
        from deepracer_ros.run.checkpoint import read_checkpoint

        return read_checkpoint(self._path).progress

    @property
    def count(self):
        """Number of updates that a checkpoint holds."""
        return len({path.name.partition("-")[0] for path in self._notes.glob("*.json")})

    def until(self, updates, seconds=60.0):
        """Wait until so many updates are trained."""
        deadline = time.monotonic() + seconds
        while self.count < updates:
            assert time.monotonic() < deadline, f"{self.count} updates within {seconds} s, expected {updates}"
            time.sleep(0.005)

    def check(self):
        """Check that every update was seen and none trained what another one had; return the ids trained."""
        if self._path.exists():
            checkpoint_notes.note(self._notes, self.progress)  # its writer may have been killed before it did so
        updates = self.updates
        assert sorted(updates) == list(range(1, len(updates) + 1))
        trained = Counter(name for consumed in updates.values() for name in consumed)
        assert max(trained.values(), default=1) == 1
        return set(trained)


def _open_ledgers(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(checkpoint_notes.FOLDER, str(folder))
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(HOOKS), os.environ.get("PYTHONPATH")])))
        checkpoint_notes.install(patch.setattr)
        yield Ledger


@pytest.fixture
def open_ledger(tmp_path_factory):
    """Return the ledger of a checkpoint file; this process, and those it starts, note their checkpoints."""
    yield from _open_ledgers(tmp_path_factory.mktemp("ledgers"))


@pytest.fixture(scope="module")
def open_module_ledger(tmp_path_factory):
    """As `open_ledger`, over several tests."""
    yield from _open_ledgers(tmp_path_factory.mktemp("ledgers"))
