# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The one writer of a run's checkpoints in S3, on whatever machine; a writer that was replaced is fenced off.

The object `writer.json` names the writer and its newest checkpoint. It changes only by writes on the condition that it
still has the ETag that the writer knows. The writer changes it again and again while it lives. Another one that has
seen it unchanged for the length of the lease replaces the writer. When the first one goes on, for example after a
SIGSTOP, its next write fails, because the ETag is another one; so no clocks are compared. This is a lease with a
fencing token (Gray and Cheriton, Leases, SOSP 1989; Kleppmann, Designing Data-Intensive Applications, chapter 8).
"""

import json
import secrets
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.models.bucket import Bucket, ConditionFailedError, NotFoundError, StoreError

BEATS_PER_LEASE = 6
"""Number of signs that a writer gives within the length of a lease."""
RETRY_SECONDS = 0.3
"""Pause between two attempts, s."""


@dataclass(frozen=True)
class WriterRecord:
    """Content of `writer.json`."""

    writer: str = ""
    """Name of the writer, unique to its start; empty if it has ended its lease."""
    epoch: int = 0
    """Number of the writer in the order of all writers of the run."""
    beat: int = 0
    """Number of changes by this writer, so that each gives another ETag."""
    number: int = 0
    """Number of checkpoints so far."""
    checkpoint: str = ""
    """Name of the newest checkpoint's object; empty before the first."""
    sha256: str = ""
    """SHA-256 of the newest checkpoint, hexadecimal."""


class WriterLease:
    """The right to write the checkpoints of a run, which a thread renews; safe to use from several threads.

    Attributes:
        record: The record as this writer wrote it last.
    """

    def __init__(self, bucket: Bucket, key: str, seconds: float) -> None:
        """Become the writer: wait for the lease of the last one to end, unless it has ended it itself.

        Args:
            bucket: The bucket.
            key: Key of `writer.json`.
            seconds: Time without a sign of the writer after which another one takes over, s; equal for all writers.

        Raises:
            InputError: if another writer lives.
            StoreError: if the server is unreachable or refuses the request.
        """
        self._bucket, self._key = bucket, key
        self._lost = self._trouble = ""
        self._changing, self._closed = threading.Lock(), threading.Event()
        self.record, self._etag = self._claim(seconds)
        self._thread = threading.Thread(
            target=self._beat, args=(seconds / BEATS_PER_LEASE,), name="checkpoint lease", daemon=True
        )
        self._thread.start()

    def _claim(self, seconds: float) -> tuple[WriterRecord, str]:
        """Write this writer's name into the record; return the record and its ETag."""
        found, deadline = read_record(self._bucket, self._key), time.monotonic() + seconds
        while found is not None and found[0].writer and time.monotonic() < deadline:
            time.sleep(min(RETRY_SECONDS, 0.1 * seconds))
            now = read_record(self._bucket, self._key)
            if now is not None and now[0].writer and now[1] != found[1]:
                raise self._busy(now[0].writer)
            found = now
        record, etag = found or (WriterRecord(), "")
        name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        record = replace(record, writer=name, epoch=record.epoch + 1, beat=0)
        try:
            return record, self._bucket.put(self._key, _encode(record), etag)
        except (ConditionFailedError, NotFoundError):
            raise self._busy("another one that starts now") from None

    def _busy(self, writer: str) -> InputError:
        where = f"{self._bucket.where}: {self._key}"
        return InputError(f"{where}: another trainer works on this run ({writer}), expected none")

    def _beat(self, seconds: float) -> None:
        """Change the record again and again, until the lease is ended or another writer has taken over."""
        while not self._closed.wait(seconds) and not self._lost:
            with suppress(InputError):  # unreachable: the next sign may get through; `check` says what is lost
                self.change()

    def check(self) -> None:
        """Check that this is still the writer, as far as it is known; no request is made.

        Raises:
            InputError: if another writer has taken over.
        """
        if self._lost:
            raise InputError(f"{self._bucket.where}: {self._key}: {self._lost}, expected one trainer: this one ends")

    def change(self, patience: float = 0.0, **changes: Any) -> None:  # noqa: ANN401
        """Change the record, on the condition that this is still the writer.

        Args:
            patience: How long it is tried again while the server is unreachable or refuses, s.
            changes: New values of its fields.

        Raises:
            InputError: if another writer has taken over.
            StoreError: if the server is unreachable or refuses for too long.
        """
        deadline = time.monotonic() + patience
        with self._changing:
            self.check()
            record = replace(self.record, beat=self.record.beat + 1, **changes)
            while not self._try(record):
                self.check()
                if time.monotonic() >= deadline:
                    raise StoreError(self._trouble or f"{self._bucket.where}: {self._key} cannot be written")
                time.sleep(RETRY_SECONDS)

    def _try(self, record: WriterRecord) -> bool:
        """Write the record once; return whether it is written."""
        try:
            try:
                self._etag = self._bucket.put(self._key, _encode(record), self._etag)
            except (ConditionFailedError, NotFoundError):
                found = read_record(self._bucket, self._key)
                if found is None or found[0].writer != self.record.writer:
                    self._lost = f"another trainer ({found[0].writer if found else ''}) has taken over this run"
                    return False
                self._etag = found[1]  # that of an earlier attempt, the answer to which was lost
                if found[0] != record:
                    return False
        except StoreError as error:
            self._trouble = str(error)
            return False
        self.record = record
        return True

    def close(self) -> None:
        """End the lease, so that another writer need not wait for it; nothing if another one has taken over."""
        self._closed.set()
        self._thread.join()
        if self.record.writer and not self._lost:
            with suppress(InputError):  # then the next writer waits
                self.change(writer="")


def read_record(bucket: Bucket, key: str) -> tuple[WriterRecord, str] | None:
    """Return the record of a run's writer and its ETag; None if there is none.

    Raises:
        InputError: if it is no such record.
        StoreError: if the server is unreachable or refuses the request.
    """
    try:
        content, etag = bucket.get(key)
    except NotFoundError:
        return None
    where = f"{bucket.where}: {key}"
    try:
        return from_mapping(WriterRecord, json.loads(content), where), etag
    except ValueError as error:
        raise InputError(f"{where}: is not JSON ({error}), expected the writer of a run") from error


def _encode(record: WriterRecord) -> bytes:
    return json.dumps(to_mapping(record)).encode()
