# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The local Redis and S3 servers of a run, which are started if the configuration names none."""

from dataclasses import replace
from types import TracebackType

from deepracer_ros.experience.config import complete_url
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.services.record import ServicesRecord
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3
from deepracer_ros.services.server import LocalServer
from deepracer_ros.training.batches import capacity_bytes
from deepracer_ros.training.config import RunConfig

MEMORY_FACTOR = 2.0
"""Memory limit of the local Redis over the capacity of the experience; during an append its data exist twice."""


class Services:
    """The local Redis and S3 servers of one run, as a context manager that stops them at its end.

    Attributes:
        config: Configuration of the run with the addresses of the local servers.
    """

    def __init__(self, config: RunConfig, folder: RunFolder, host: str = "", password: str = "") -> None:
        """Start the servers that the configuration does not name, and write `services.json`; do not wait for them.

        Args:
            config: Configuration of the run.
            folder: Folder of the run, which holds the data of the servers.
            host: Address of this machine on which other hosts reach the servers; empty: only this machine does.
            password: Password of the Redis server; needed with `host`.

        Raises:
            InputError: if the binary of a server is missing or cannot be started.
        """
        self._servers: list[LocalServer] = []
        self._host = host
        self._redis = self._s3 = None
        try:
            if not config.experience.url:
                memory = int(MEMORY_FACTOR * capacity_bytes(config)) + (64 << 20)
                self._redis = LocalRedis(folder.redis, maximum_bytes=memory, host=host, password=password or None)
                self._servers.append(self._redis)
            if not config.models.endpoint and not config.models.aws:
                self._s3 = LocalS3(folder.s3, host=host)
                self._servers.append(self._s3)
        except BaseException:
            self.close()
            raise
        self.config = self._effective(config)
        ServicesRecord(
            redis_url=self.config.experience.url,
            s3_endpoint=self.config.models.endpoint,
            s3_bucket=self.config.models.bucket,
            s3_folder=folder.s3.name if self._s3 else "",
            run=folder.name,
        ).write(folder.services)

    def wait_ready(self) -> None:
        """Wait until the servers answer.

        Raises:
            InputError: if one ends or does not answer in time.
        """
        for server in self._servers:
            server.wait_ready()

    def _effective(self, config: RunConfig) -> RunConfig:
        """Return the configuration with the addresses of the local servers."""
        if self._redis:
            url = self._redis.tcp_url if self._host else self._redis.url
        else:
            url = complete_url(config.experience.url)
        config = replace(config, experience=replace(config.experience, url=url))
        if self._s3:
            config = replace(config, models=replace(config.models, endpoint=self._s3.endpoint))
        return config

    def restart_dead(self) -> list[str]:
        """Restart dead servers on their data, and return their names.

        Raises:
            InputError: if a server does not answer after its restart.
        """
        dead = [server for server in self._servers if not server.alive]
        for server in dead:
            server.restart()
        return [server.name for server in dead]

    def close(self) -> None:
        """Stop the servers; their data stay."""
        for server in self._servers:
            server.close()

    def __enter__(self) -> "Services":
        """Return the services."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the servers."""
        self.close()
