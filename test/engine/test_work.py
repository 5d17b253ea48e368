# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Workers of a run that lives in Redis and S3: they find all that they need there, and end with the run."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from deepracer_ros.engine.run_files import share_run
from deepracer_ros.experience.bulletin import Bulletin, BulletinReader
from deepracer_ros.models.bucket import Bucket
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.store import ModelStore
from deepracer_ros.parameters import merge
from deepracer_ros.run.bucket_checkpoints import read_bucket_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import decode_record
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.training.config import read_config

RUN, BATCH, PASSWORD = "elsewhere", 128, "a-secret"
REWARD = "from beside import scale\n\n\ndef reward_function(params):\n    return scale * params['progress']\n"


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory):
    """A server with a password, which workers must find in their environment."""
    with LocalRedis(tmp_path_factory.mktemp("redis"), password=PASSWORD) as server:
        yield server


class Site:
    """A place from which workers are started: they share nothing but the servers."""

    def __init__(self, root, redis_server, s3):
        self._root, self._numbers, self.workers = root, itertools.count(), []
        self._redis = f"redis://127.0.0.1:{redis_server.port}"
        self._s3 = s3.endpoint
        self.environment = {
            **os.environ, "AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            "DEEPRACER_REDIS_PASSWORD": PASSWORD,
        }  # fmt: skip

    def work(self, *arguments, **environment):
        """Start a worker in a folder of its own."""
        folder = self._root / f"worker-{next(self._numbers)}"
        folder.mkdir()
        command = [sys.executable, "-m", "deepracer_ros.cli.main", "work"]
        command += ["--redis", self._redis, "--s3", self._s3, *arguments]
        self.workers.append(
            subprocess.Popen(
                command, cwd=folder, env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
        )  # fmt: skip
        return self.workers[-1]

    def ends(self, worker, seconds=60.0):
        """Wait for the end of a worker; return its exit code and what it wrote."""
        words = worker.communicate(timeout=seconds)[0]
        return worker.returncode, words

    def close(self):
        for worker in self.workers:
            worker.kill()
            worker.communicate()


@pytest.fixture(scope="module")
def config(redis_server, s3, small, tmp_path_factory):
    """A run with a reward of two files, shared through S3; its folder is gone when the workers start."""
    folder = tmp_path_factory.mktemp("driver") / RUN
    folder.mkdir()
    reward = folder.parent / "reward.py"
    reward.write_text(REWARD)
    (folder.parent / "beside.py").write_text("scale = 0.01\n")
    changes = {
        "experience": {"url": redis_server.tcp_url},
        "models": {"endpoint": s3.endpoint},
        "reward": str(reward),
        "trainer": {"checkpoints": "bucket", "lease": 2.0, "sinks": [], "max_env_steps": 8 * BATCH},
    }
    config = read_config(merge(small, changes), "test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
        share_run(config, RunFolder(folder))
    reward.unlink()
    return config


@pytest.fixture(scope="module")
def site(tmp_path_factory, redis_server, s3):
    made = Site(tmp_path_factory.mktemp("site"), redis_server, s3)
    yield made
    made.close()


class Watch:
    """Follows the progress of the run."""

    def __init__(self, url):
        self._reader, self.records = BulletinReader(url, RUN), []

    @property
    def standing(self):
        return self._reader.standing()

    def until(self, env_steps, seconds=60.0):
        deadline = time.monotonic() + seconds
        while not self.records or self.records[-1].env_steps < env_steps:
            assert time.monotonic() < deadline
            self.records += [decode_record(record, "test") for record in self._reader.new_records()]
            time.sleep(0.01)


@pytest.fixture(scope="module")
def trained(config, site, redis_server):
    """The run as it was trained by a trainer that was killed, and one on another machine that took over."""
    watch = Watch(redis_server.tcp_url)
    simulation, first = site.work("simulation", "--run", RUN), site.work("trainer", "--run", RUN)
    watch.until(2 * BATCH)
    first.send_signal(signal.SIGKILL)
    second = site.work("trainer", "--run", RUN)
    return watch, simulation, second


def test_workers_end_with_exit_code_0_when_the_run_is_done(trained, site, s3):
    watch, simulation, second = trained
    assert site.ends(second) == (0, "")
    assert site.ends(simulation)[0] == 0
    assert watch.standing.phase == "done"
    bucket = Bucket(s3.endpoint, "deepracer", "", (s3.access_key, s3.secret_key))
    progress = read_bucket_checkpoint(bucket, RUN).progress
    assert progress.env_steps >= 8 * BATCH
    watch.until(progress.env_steps)
    steps = [record.env_steps for record in watch.records]
    assert steps == sorted(set(steps))
    assert steps[-1] == progress.env_steps
    store = ModelStore(ModelsConfig(endpoint=s3.endpoint), RUN, (s3.access_key, s3.secret_key))
    assert store.pointer("last").epoch == 2


def test_a_worker_of_a_run_that_is_done_has_nothing_to_do(trained, site):
    assert site.ends(site.work("simulation", "--run", RUN, "--job", "1"))[0] == 0


def test_a_worker_of_a_run_that_has_failed_says_why(trained, site, redis_server):
    Bulletin(redis_server.tcp_url, RUN).tell("failed", "trainer: policy_loss: found nan")
    code, words = site.ends(site.work("simulation", "--run", RUN))
    assert (code, words) == (2, "deepracer: the run has failed: trainer: policy_loss: found nan\n")


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--run", "unknown"], {}, "runs/unknown/files.json: not found, expected the files of the run"),
        (["--run", RUN], {"DEEPRACER_REDIS_PASSWORD": "wrong"}, "refused .*expected the right password in the URL"),
        (["--run", RUN], {"AWS_SECRET_ACCESS_KEY": "wrong"}, "refused .*expected credentials"),
        (["--run", RUN, "--job", "-1"], {}, "--job: found -1, expected 0 or more"),
        (["--run", "../x"], {}, "run name: found '../x'"),
        (["--run", RUN, "--redis", "redis://:a-secret@127.0.0.1:1"], {}, "--redis: found a password"),
    ],
)
def test_what_a_worker_lacks_is_one_line(config, site, arguments, environment, expected):
    code, words = site.ends(site.work("simulation", *arguments, **environment))
    assert code == 2
    assert len(words.strip().splitlines()) == 1
    assert re.search(expected, words)
    assert PASSWORD not in words
