# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Time from the publication of a model until a worker drives with it that shares only Redis and S3 with the trainer.

    python -m benchmarks.remote_model --models 100

The worker is `deepracer work simulation`, as on another host. This process publishes as the trainer does, and listens
on the worker's ROS graph for the model that drives.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String

from benchmarks.common import default_config, own_ros_domain
from deepracer_ros.engine.run_files import share_run
from deepracer_ros.experience.bulletin import Bulletin
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.models.store import ModelStore
from deepracer_ros.nodes.messages.announcement import to_published
from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3
from deepracer_ros.training.parts import make_run_learner
from deepracer_ros.training.policies import make_manifest

RUN = "remote"
LIMIT_SECONDS = 60.0
"""Longest wait for the worker, and for each model, s."""


def delays(models: int, seed: int) -> list[float]:
    """Return the time of each model from the end of its publication until the worker drives with it, s.

    Args:
        models: Number of models.
        seed: Seed of the pauses between them.
    """
    chance = random.Random(seed)
    with ExitStack() as stack:
        folder = stack.enter_context(own_ros_domain())
        redis, s3 = stack.enter_context(LocalRedis(folder / "redis")), stack.enter_context(LocalS3(folder / "s3"))
        os.environ.update(AWS_ACCESS_KEY_ID=s3.access_key, AWS_SECRET_ACCESS_KEY=s3.secret_key)
        config = default_config(
            tracks=["oval"], experience={"url": redis.tcp_url}, models={"endpoint": s3.endpoint},
            trainer={"checkpoints": "bucket"},
        )  # fmt: skip
        run_folder = folder / RUN
        run_folder.mkdir()
        share_run(config, RunFolder(run_folder))
        worker = stack.enter_context(_worker(folder, redis.tcp_url, s3.endpoint))
        stack.callback(worker.kill)
        rclpy.init()
        stack.callback(rclpy.shutdown)
        node, heard = rclpy.create_node("listener"), {}
        node.create_subscription(
            String, "agent/model", lambda message: heard.setdefault(_version(message), time.monotonic()), LATCHED
        )
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        reader = ExperienceReader(redis.url, RUN)
        bulletin, store, learner = Bulletin(redis.url, RUN), ModelStore(config.models, RUN), make_run_learner(config)
        bulletin.tell("running")

        def drain() -> None:
            """Take what the worker records, as a trainer does, so that it drives on."""
            reader.acknowledge([item.stream_id for item in reader.take(0, 1000, 0.0)])

        found: list[float] = []
        for number in range(models + 1):
            manifest = store.publish(learner.policy_tensors(), make_manifest(config, RUN, number, number))
            bulletin.announce(to_published(manifest, time.time()).data)
            published, deadline = time.monotonic(), time.monotonic() + LIMIT_SECONDS
            while str(manifest.version) not in heard:
                if time.monotonic() > deadline or worker.poll() is not None:
                    raise TimeoutError(f"model {manifest.version}: not driven within {LIMIT_SECONDS:.0f} s")
                executor.spin_once(timeout_sec=0.001)
            found.append(heard[str(manifest.version)] - published)
            pause = time.monotonic() + chance.uniform(0.2, 0.6)
            while time.monotonic() < pause:
                drain()
                executor.spin_once(timeout_sec=0.01)
        return found[1:]  # the worker was still starting at the first one


def _worker(folder: Path, redis: str, s3: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deepracer_ros.cli.main", "work", "simulation", "--run", RUN]
    log = (folder / "worker.log").open("wb")
    return subprocess.Popen([*command, "--redis", redis, "--s3", s3], stdout=log, stderr=log)


def _version(message: String) -> str:
    return str(json.loads(message.data).get("version"))


def main() -> int:
    """Print the times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.remote_model", description=__doc__)
    parser.add_argument("--models", type=int, default=100, help="number of models (default: 100)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = 1e3 * np.array(delays(options.models, options.seed))
    middle, late, last = np.percentile(found, [50, 95, 100])
    print(f"{len(found)} models: median {middle:.0f} ms, p95 {late:.0f} ms, longest {last:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
