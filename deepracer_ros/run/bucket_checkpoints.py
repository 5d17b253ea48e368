# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Checkpoints in S3, which a trainer on any machine can take over.

checkpoints/<run>/writer.json                               see `run.lease`
checkpoints/<run>/00000012-<writer>-<sha256>.safetensors    the newest checkpoint, which writer.json names

An object is written whole before it is named, and deleted when another one is named.
"""

import hashlib
import time
from contextlib import suppress

from deepracer_ros.errors import InputError
from deepracer_ros.models.bucket import Bucket, ConditionFailedError, NotFoundError, StoreError
from deepracer_ros.moments import moment
from deepracer_ros.names import check_run_name
from deepracer_ros.run.checkpoint import (
    Checkpoint,
    Progress,
    State,
    decode_checkpoint,
    encode_checkpoint,
)
from deepracer_ros.run.lease import RETRY_SECONDS, WriterLease, WriterRecord, read_record

FOLDER = "checkpoints"
"""Folder of all checkpoints in the bucket."""
PATIENCE = 30.0
"""Longest time for which a checkpoint is tried again while the server is unreachable or refuses, s."""
READ_ATTEMPTS = 5
"""Number of attempts to read a checkpoint that its writer replaces meanwhile."""


class BucketCheckpoints:
    """A `CheckpointStore` in S3 with one writer on all machines.

    Attributes:
        epoch: Number of this writer in the order of all writers of the run, from 1.
    """

    def __init__(self, bucket: Bucket, run: str, lease_seconds: float) -> None:
        """Become the writer of the run's checkpoints, and delete what a killed writer left unfinished.

        Args:
            bucket: The bucket.
            run: Name of the run.
            lease_seconds: Time without a sign of a writer after which another one takes over, s; equal for all.

        Raises:
            InputError: if another writer lives, or the name is not a valid run name.
            StoreError: if the server is unreachable or refuses the request.
        """
        check_run_name(run)
        self._bucket, self._folder = bucket, f"{FOLDER}/{run}"
        self._lease = WriterLease(bucket, _record_key(run), lease_seconds)
        self.epoch = self._lease.record.epoch
        try:
            kept = {_record_key(run), f"{self._folder}/{self._lease.record.checkpoint}"}
            bucket.delete([key for key in bucket.keys(f"{self._folder}/") if key not in kept])
        except BaseException:
            self.close()
            raise

    def check(self) -> None:
        """Check that this is still the writer, as far as it is known; no request is made.

        Raises:
            InputError: if another writer has taken over.
        """
        self._lease.check()

    def load(self) -> Checkpoint | None:
        """Return the newest checkpoint; None if there is none.

        Raises:
            InputError: if the checkpoint is damaged or has another format.
            StoreError: if the server is unreachable or refuses the request.
        """
        record = self._lease.record
        return _fetch(self._bucket, self._folder, record) if record.checkpoint else None

    def save(self, state: State, progress: Progress) -> None:
        """Replace the checkpoint: write a new object, then name it in the record, then delete the old object.

        Args:
            state: State of the learner, arrays by name.
            progress: Progress of the training.

        Raises:
            InputError: if another writer has taken over; the checkpoint stays as that one left it.
            StoreError: if the server is unreachable or refuses for too long; the old checkpoint stays.
        """
        self.check()
        before, content = self._lease.record, encode_checkpoint(state, progress)
        number, sha256 = before.number + 1, hashlib.sha256(content).hexdigest()
        name = f"{number:08d}-{before.writer}-{sha256[:12]}.safetensors"
        self._upload(f"{self._folder}/{name}", content)
        moment("checkpoint.uploaded")
        try:
            self._lease.change(PATIENCE, number=number, checkpoint=name, sha256=sha256)
        except StoreError:
            raise  # the record may name it already
        except InputError:
            self._delete(name)
            raise
        moment("checkpoint.written")
        self._delete(before.checkpoint)

    def _upload(self, key: str, content: bytes) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._bucket.put(key, content)
            except ConditionFailedError:  # noqa: PERF203 - by an earlier attempt, the answer to which was lost
                return
            except StoreError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_SECONDS)
            else:
                return

    def _delete(self, name: str) -> None:
        """Delete a checkpoint that is not needed; one that stays is deleted by the next writer."""
        if name:
            with suppress(StoreError):
                self._bucket.delete([f"{self._folder}/{name}"])

    def close(self) -> None:
        """End the lease, so that another writer need not wait for it."""
        self._lease.close()


def read_bucket_checkpoint(bucket: Bucket, run: str) -> Checkpoint | None:
    """Return the newest checkpoint of a run in S3 without becoming its writer; None if there is none.

    Args:
        bucket: The bucket.
        run: Name of the run.

    Raises:
        InputError: if the checkpoint is damaged or has another format.
        StoreError: if the server is unreachable or refuses the request.
    """
    for attempt in range(READ_ATTEMPTS):
        found = read_record(bucket, _record_key(run))
        if found is None or not found[0].checkpoint:
            return None
        try:
            return _fetch(bucket, f"{FOLDER}/{run}", found[0])
        except NotFoundError:  # replaced meanwhile
            if attempt == READ_ATTEMPTS - 1:
                raise
    return None


def _record_key(run: str) -> str:
    return f"{FOLDER}/{run}/writer.json"


def _fetch(bucket: Bucket, folder: str, record: WriterRecord) -> Checkpoint:
    key = f"{folder}/{record.checkpoint}"
    content, _ = bucket.get(key)
    where = f"{bucket.where}: {key}"
    if (found := hashlib.sha256(content).hexdigest()) != record.sha256:
        raise InputError(f"{where}: sha256 is {found[:12]}..., expected {record.sha256[:12]}...")
    return decode_checkpoint(content, where)
