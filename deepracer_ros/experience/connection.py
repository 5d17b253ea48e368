"""The way to Redis: one connection with deadlines, and the names of what a run keeps there."""

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
"""Seconds that an unreachable server is tried again before that is an error: a restart takes 0.1 s."""


class Keys:
    """Names of what a run keeps in Redis; the braces keep them on one node of a cluster."""

    def __init__(self, run: str) -> None:
        """Take the name of the run.

        Raises:
            InputError: if it is not letters, digits and . _ + -.
        """
        check_run_name(run)
        self.index = f"{{{run}}}:index"
        """Stream: one entry per segment that is held, in the order of arrival."""
        self.state = f"{{{run}}}:state"
        """Hash of counters: bytes, appended, duplicates, trimmed, acknowledged."""
        self.seen = f"{{{run}}}:seen"
        """Hash: the last sequence that was stored of each `worker:car`."""
        self.blob = f"{{{run}}}:blob:"
        """Prefix of the keys of the segments themselves."""


def _bytes_of(value: bytes | memoryview | str | float) -> bytes | memoryview:
    """Encode one argument of a command."""
    return value if isinstance(value, bytes | memoryview) else str(value).encode()


def refusal(error: redis.ResponseError) -> str:
    """Return why the server takes no writes now (no memory, no disk, a replica); empty if it is another error."""
    reason = str(error).split("caused error: ")[-1]
    waits = isinstance(error, redis.OutOfMemoryError | redis.ReadOnlyError) or reason.startswith("MISCONF")
    return f"refuses writes: {reason}" if waits else ""


def unique_worker(label: str = "") -> str:
    """Return a worker name that no other start of a recorder has, with `label` for people to read."""
    return f"{label or socket.gethostname()}-{secrets.token_hex(4)}".replace(":", "_")


class Connection:
    """Redis behind one URL: each action is tried again while the server is away, up to a deadline.

    Not for use by several threads at once.

    Attributes:
        url: The URL without its password.
        client: The redis-py client.
        retries: How often an action had to be tried again.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        """Connect.

        Args:
            url: `redis://[:password@]host:port[/db]`, `rediss://...` or `unix://[:password@]/path`.
            patience: Seconds that an unreachable server is tried again.

        Raises:
            InputError: if the URL is none, the password is wrong or nobody answers in time.
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
                # The one of hiredis copies whole segments once more.
                command_packer=PythonRespSerializer(6000, _bytes_of),
            )
            self.attempt(self.client.ping)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"redis URL {self.url}: is not understood, expected redis://[:password@]host:port, rediss://... "
                "or unix://[:password@]/path"
            ) from error

    def attempt(self, action: Callable[[], T]) -> T:
        """Run `action`, which must be safe to repeat, until the server answers it.

        Raises:
            InputError: if the server does not answer or take writes in time, or refuses the password.
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
                        f"redis {self.url}: not within {self._patience:g} s ({reason}), expected a Redis server "
                        "that takes writes"
                    ) from error
                self.retries += 1
                time.sleep(pause)
                pause = min(2.0 * pause, 0.2)

    def close(self) -> None:
        """Close the connection."""
        self.client.close()
