# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A connection to Redis with deadlines, and the names of a run's Redis keys."""

import secrets
import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.connection import PythonRespSerializer
from redis.retry import Retry

from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import hide_password
from deepracer_ros.names import check_run_name

T = TypeVar("T")

PATIENCE = 10.0
"""How long an action is retried while the server is unreachable, s; a restart of the server takes 0.1 s."""


class Keys:
    """Names of the Redis keys of a run; the braces in them keep all keys on one node of a cluster.

    Attributes:
        index: Stream with one entry per stored segment, in the order of arrival.
        state: Hash of counters: bytes, appended, duplicates, trimmed, acknowledged; and how the run stands.
        seen: Hash from `worker:car` to the last sequence number that was stored.
        blob: Prefix of the keys that hold the encoded segments.
        model: Stream with one entry, the announcement of the newest model.
        progress: Stream of progress records.
        workers: Hash of what each simulation job has stored.
        turn: Which writer may send segments now.
    """

    def __init__(self, run: str) -> None:
        """Derive the keys from the name of the run.

        Raises:
            InputError: if the name is not a valid run name (see `names.check_run_name`).
        """
        check_run_name(run)
        self.index = f"{{{run}}}:index"
        self.state = f"{{{run}}}:state"
        self.seen = f"{{{run}}}:seen"
        self.blob = f"{{{run}}}:blob:"
        self.model = f"{{{run}}}:model"
        self.progress = f"{{{run}}}:progress"
        self.workers = f"{{{run}}}:workers"
        self.turn = f"{{{run}}}:turn"


def _bytes_of(value: bytes | memoryview | str | float) -> bytes | memoryview:
    """Encode one argument of a Redis command."""
    return value if isinstance(value, bytes | memoryview) else str(value).encode()


def refusal(error: redis.ResponseError) -> str:
    """Return why the server refuses writes at present (no memory, no disk, a replica); empty for any other error."""
    reason = str(error).split("caused error: ")[-1]
    waits = isinstance(error, redis.OutOfMemoryError | redis.ReadOnlyError) or reason.startswith("MISCONF")
    return f"refuses writes: {reason}" if waits else ""


def unique_worker(label: str = "") -> str:
    """Return a worker name that is unique to this start of a recorder.

    Args:
        label: Readable first part of the name; by default the host name.
    """
    return f"{label or socket.gethostname()}-{secrets.token_hex(4)}".replace(":", "_")


class Connection:
    """A connection to one Redis server that retries each action until a deadline while the server is unreachable.

    Not safe to use from several threads at once.

    Attributes:
        url: The URL without its password.
        client: The redis-py client.
        retries: Number of repeated attempts so far.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        """Connect to the server.

        Args:
            url: `redis://[:password@]host:port[/db]`, `rediss://...` or `unix://[:password@]/path`.
            patience: How long an action is retried while the server is unreachable, s.

        Raises:
            InputError: if the URL is malformed, the password is wrong or the server does not answer in time.
        """
        self.url = hide_password(url)
        self.retries = 0
        self._patience = patience
        try:
            self.client: Any = redis.Redis.from_url(
                url,
                socket_timeout=5.0,
                socket_connect_timeout=2.0,
                socket_read_size=1 << 20,
                retry=Retry(NoBackoff(), 0),
                # The packer of hiredis would copy each segment once more.
                command_packer=PythonRespSerializer(6000, _bytes_of),
            )
            self.attempt(self.client.ping)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"redis URL {self.url}: is not understood, expected redis://[:password@]host:port, rediss://... "
                "or unix://[:password@]/path"
            ) from error

    def attempt(self, action: Callable[[], T]) -> T:
        """Run `action` and return its result; repeat it while the server is unreachable or refuses writes.

        Args:
            action: Sends commands; it must be safe to repeat.

        Raises:
            InputError: if the server does not answer or accept writes in time, or refuses the password.
        """
        deadline = time.monotonic() + self._patience
        pause = 0.01
        while True:
            try:
                return action()
            except redis.AuthenticationError as error:  # noqa: PERF203
                raise InputError(
                    f"redis {self.url}: refused ({error}), expected the right password in the URL"
                ) from error
            except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError) as error:
                reason = refusal(error) if isinstance(error, redis.ResponseError) else f"unreachable: {error}"
                if not reason:
                    raise
                if time.monotonic() + pause > deadline:
                    raise InputError(
                        f"redis {self.url}: no success within {self._patience:g} s ({reason}), expected a Redis server "
                        "that accepts writes"
                    ) from error
                self.retries += 1
                time.sleep(pause)
                pause = min(2.0 * pause, 0.2)

    def close(self) -> None:
        """Close the connection."""
        self.client.close()
