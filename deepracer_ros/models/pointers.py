# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The pointers `last.json` and `best.json` of a run's models in S3, which are moved by conditional writes."""

import json
import time
from dataclasses import replace

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.models.bucket import (
    Bucket,
    ConditionFailedError,
    FencedError,
    NotFoundError,
    NotModifiedError,
    StoreError,
)
from deepracer_ros.models.pointer import Pointer, PointerName
from deepracer_ros.models.policy_file import ModelError

NAMES: tuple[PointerName, ...] = ("last", "best")
MOST_ATTEMPTS = 50
"""Number of attempts to move a pointer that others move, too."""


class Pointers:
    """The pointers of one run; safe to use from several threads, but only one thread may move them at a time."""

    def __init__(self, bucket: Bucket, root: str) -> None:
        """Prepare the access; no request is made.

        Args:
            bucket: The bucket.
            root: Folder of the run's models in the bucket.
        """
        self._bucket, self._root, self._epoch = bucket, root, 0
        self._moved: dict[PointerName, Pointer] = {}

    def _key(self, name: PointerName) -> str:
        return f"{self._root}/{name}.json"

    def read(self, name: PointerName, known: Pointer | None = None) -> Pointer | None:
        """Return the content of a pointer; None if nothing was published.

        Args:
            name: Name of the pointer.
            known: Content that the caller read before. It is returned if it is still valid, which saves a transfer.

        Raises:
            ModelError: if the pointer is damaged.
            StoreError: if the server is unreachable or refuses the request.
        """
        key = self._key(name)
        try:
            body, etag = self._bucket.get(key, known.etag if known else "")
        except NotModifiedError:
            return known
        except NotFoundError:
            return None
        try:
            return replace(from_mapping(Pointer, json.loads(body), key), etag=etag)
        except ValueError as error:
            raise ModelError(f"{key}: is not JSON ({error}), expected a pointer to a model") from error
        except InputError as error:
            raise ModelError(str(error)) from error

    def current(self, name: PointerName) -> Pointer | None:
        """Return the content of a pointer; version 0 if it is damaged, for example by a server killed while writing."""
        try:
            return self.read(name)
        except ModelError:
            return Pointer(0, "", self._bucket.get(self._key(name))[1])

    def take_over(self, epoch: int) -> None:
        """Move the pointers from now on as a later trainer than those before.

        The pointers get other ETags, so that a write which an earlier trainer has prepared fails.

        Args:
            epoch: Number of this trainer in the order of all trainers of the run.

        Raises:
            FencedError: if a later trainer has taken over.
            StoreError: if the server is unreachable or refuses the request.
        """
        self._epoch = epoch
        for name in NAMES:
            if (current := self.current(name)) is not None and current.version:
                self.move(name, current, only_forward=False)

    def move(self, name: PointerName, target: Pointer, only_forward: bool = True) -> None:
        """Move a pointer, on the condition that it has not changed since it was read; read it again if it has.

        Args:
            name: Name of the pointer.
            target: Model that the pointer shall name.
            only_forward: Whether a pointer to a newer version is left unchanged.

        Raises:
            FencedError: if a later trainer has taken over.
            StoreError: if the server is unreachable or refuses the request.
        """
        key = self._key(name)
        current = self._moved.get(name) or self.current(name)
        for attempt in range(MOST_ATTEMPTS):
            latest = current.epoch if current is not None else 0
            if 0 < self._epoch < latest:
                raise FencedError(f"{self._bucket.where}: {key}: another trainer has taken over, expected one trainer")
            if current is not None and only_forward and current.version > target.version:
                return
            epoch = max(self._epoch, latest)
            try:
                etag = self._bucket.put(key, _encode(target, epoch), current.etag if current else "")
            except ConditionFailedError:
                time.sleep(0.002 * attempt)
                current = self.current(name)
            else:
                self._moved[name] = Pointer(target.version, target.sha256, etag, epoch)
                return
        raise StoreError(
            f"{self._bucket.where}: {key} was moved by others {MOST_ATTEMPTS} times, expected one publisher per run"
        )


def _encode(pointer: Pointer, epoch: int) -> bytes:
    found = {"version": pointer.version, "sha256": pointer.sha256}
    return json.dumps({**found, "epoch": epoch} if epoch else found).encode()
