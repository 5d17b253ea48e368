# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Training on a cluster: the servers on its address, the workers that an engine places, and the passwords for both."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from deepracer_ros.engine.engine import Task
from deepracer_ros.engine.ray_engine import RayEngine, connected, other_hosts
from deepracer_ros.engine.run_files import share_run
from deepracer_ros.engine.servers import Services
from deepracer_ros.engine.session import Placement
from deepracer_ros.engine.shared_records import SharedRecords
from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import PASSWORD_VARIABLE, split_password
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.services.record import keys_of_run
from deepracer_ros.services.server import LOOPBACK
from deepracer_ros.training.config import RunConfig


@contextmanager
def on_cluster(config: RunConfig, folder: RunFolder) -> Iterator[Placement]:
    """Yield servers on this node of a Ray cluster and an engine that places the workers on all nodes.

    Args:
        config: Configuration of the run; servers that it names are used as they are.
        folder: Folder of the run on this node.

    Raises:
        InputError: if there is no such cluster, or a server cannot be started or reached from other nodes.
    """
    config = replace(config, trainer=replace(config.trainer, checkpoints="bucket"))
    with connected() as host:
        _check_reachable(config, other_hosts(host))
        with Services(config, folder, host, secrets.token_urlsafe(24)) as services:
            services.wait_ready()
            share_run(services.config, folder)
            url, password = split_password(services.config.experience.url)
            environment = {PASSWORD_VARIABLE: password} if password else {}
            if keys := keys_of_run(folder.services, services.config.models.endpoint):
                environment |= {"AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1]}
            arguments = partial(_arguments, run=folder.name, url=url, config=services.config)
            with closing(SharedRecords(services.config, folder)) as records:
                yield Placement(services, RayEngine(arguments, environment), records)


def _arguments(task: Task, run: str, url: str, config: RunConfig) -> list[str]:
    """Return the command line of a worker after the name `deepracer`; it holds no password."""
    s3 = "aws" if config.models.aws else config.models.endpoint
    place = ["--redis", url, "--s3", s3, "--bucket", config.models.bucket]
    return ["work", task.part, "--run", run, "--job", str(task.job), "--jobs", str(task.jobs), *place]


def _check_reachable(config: RunConfig, others: list[str]) -> None:
    """Check that the named servers are not on the loopback address, if there are nodes on other hosts.

    Raises:
        InputError: if one is.
    """
    if not others:
        return
    for key, url in (("experience.url", config.experience.url), ("models.endpoint", config.models.endpoint)):
        host = urlsplit(url).hostname
        if url and (host is None or host in ("localhost", LOOPBACK, "::1")):
            shown = split_password(url)[0]
            raise InputError(f"{key}: found {shown}, expected an address that {', '.join(others[:3])} can reach")
