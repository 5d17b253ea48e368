# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The store of a run's models in S3: immutable numbered versions, and pointers moved by conditional writes.

    <prefix>/<run>/00000012/policy.safetensors
    <prefix>/<run>/00000012/manifest.json
    <prefix>/<run>/00000012/evaluation.json   if it was evaluated
    <prefix>/<run>/last.json, best.json

A version exists once its manifest exists, and is visible once a pointer names it, so a publisher that is killed halfway
leaves nothing incomplete for a reader. Two publishers never use the same number, because a policy is written on the
condition that the object does not exist.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from deepracer_ros.models.bucket import ConditionFailedError, NotFoundError, StoreError, open_bucket
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.pointer import Pointer, PointerName
from deepracer_ros.models.pointers import Pointers
from deepracer_ros.models.policy_file import (
    MANIFEST_NAME,
    POLICY_NAME,
    Manifest,
    Model,
    ModelError,
    Tensors,
    decode_manifest,
    describe,
    encode_manifest,
    encode_policy,
    read_policy,
)
from deepracer_ros.names import check_run_name

EVALUATION_NAME = "evaluation.json"
MOST_CLAIMS = 50
"""Number of version numbers in a row that may be taken by publishers that died."""


class ModelStore:
    """The models of one run; safe to use from several threads, but only one thread may publish at a time."""

    def __init__(self, config: ModelsConfig, run: str, credentials: tuple[str, str] | None = None) -> None:
        """Connect to the server, and create the bucket if it is absent and not on AWS.

        Args:
            config: Server, bucket and number of versions to keep.
            run: Name of the run.
            credentials: Access key and secret key; by default boto3 searches for them.

        Raises:
            StoreError: if the server is unreachable or refuses the request, or AWS has no such bucket.
            InputError: if the name is not a valid run name, or neither an endpoint nor AWS is configured.
        """
        check_run_name(run)
        self.config, self.run = config, run
        self._root = f"{config.prefix.strip('/')}/{run}".lstrip("/")
        self._next = 0
        self._bucket = open_bucket(config, credentials)
        self._pointers = Pointers(self._bucket, self._root)

    def _key(self, version: int, name: str) -> str:
        return f"{self._root}/{version:08d}/{name}"

    def publish(self, tensors: Tensors, manifest: Manifest, best: bool = False) -> Manifest:
        """Store a new version and point `last` (and `best`) at it.

        Args:
            tensors: float32 arrays by name.
            manifest: Manifest of the model; version, hash, size and shapes are filled in.
            best: Whether the model is also the best so far.

        Returns:
            The manifest as stored, with its version.

        Raises:
            ModelError: if a tensor is not float32 or not finite; nothing is stored.
            FencedError: if a later trainer has taken over the run.
            StoreError: if the server is unreachable or refuses the request.
        """
        policy = encode_policy(tensors)
        self._next = self._next or self._newest() + 1
        version = self._claim(policy)
        described = describe(manifest, policy, tensors, version)
        self._bucket.put(self._key(version, MANIFEST_NAME), encode_manifest(described))
        target = Pointer(version, described.sha256)
        self._pointers.move("last", target)
        if best:
            self._pointers.move("best", target)
        if version % self.config.keep == 0:
            self._prune()
        return described

    def _claim(self, policy: bytes) -> int:
        """Write the policy under the next free version number, and return the number."""
        for version in range(self._next, self._next + MOST_CLAIMS):
            try:
                self._bucket.put(self._key(version, POLICY_NAME), policy)
            except ConditionFailedError:
                continue
            self._next = version + 1
            return version
        raise StoreError(f"{self._bucket.where}: versions from {self._next} are taken, expected one publisher per run")

    def pointer(self, name: PointerName = "last", known: Pointer | None = None) -> Pointer | None:
        """Return the content of a pointer; None if nothing was published.

        Args:
            name: Name of the pointer.
            known: Content that the caller read before. It is returned if it is still valid, which saves a transfer.

        Raises:
            ModelError: if the pointer is damaged.
            StoreError: if the server is unreachable or refuses the request.
        """
        return self._pointers.read(name, known)

    def take_over(self, epoch: int) -> None:
        """Publish from now on in the place of the trainers before; what they publish later is refused.

        Args:
            epoch: Number of this trainer in the order of all trainers of the run.

        Raises:
            FencedError: if a later trainer has taken over.
            StoreError: if the server is unreachable or refuses the request.
        """
        self._pointers.take_over(epoch)

    def mark_best(self, version: int) -> None:
        """Point `best` at a version.

        Raises:
            InputError: if there is no such version, or the server is unreachable or refuses the request.
        """
        self._pointers.move("best", Pointer(version, self._manifest(version).sha256), only_forward=False)

    def rollback(self, version: int) -> Pointer | None:
        """Point `last` at another version; agents then load that version.

        Returns:
            The previous content of `last`; None if nothing was published.

        Raises:
            InputError: if there is no such version, it is damaged, or the server is unreachable or refuses the
                request.
        """
        manifest = self.load(version).manifest
        before = self.pointer("last")
        self._pointers.move("last", Pointer(version, manifest.sha256), only_forward=False)
        return before

    def _keys(self) -> dict[int, set[str]]:
        """Return the object names of every version, complete or not."""
        found: dict[int, set[str]] = {}
        for key in self._bucket.keys(f"{self._root}/"):
            version, _, name = key[len(self._root) + 1 :].partition("/")
            if re.fullmatch("[0-9]{8}", version) and name:
                found.setdefault(int(version), set()).add(name)
        return found

    def _newest(self) -> int:
        """Return the highest version number in use, 0 if none; `last` counts too, since `_prune` deletes versions."""
        last = self._pointers.current("last")
        return max([*self._keys(), last.version if last else 0], default=0)

    def versions(self) -> list[int]:
        """Return the versions that exist, in ascending order.

        Raises:
            StoreError: if the server is unreachable or refuses the request.
        """
        return sorted(version for version, names in self._keys().items() if MANIFEST_NAME in names)

    def add_evaluation(self, version: int, evaluation: Mapping[str, Any]) -> None:
        """Store the result of an evaluation next to a version; an existing result is kept.

        Args:
            version: Version of the model.
            evaluation: Result of the evaluation in values that JSON can hold.

        Raises:
            StoreError: if the server is unreachable or refuses the request.
        """
        body = (json.dumps(evaluation, indent=2, allow_nan=False) + "\n").encode()
        self.add_files(version, {EVALUATION_NAME: body})

    def add_files(self, version: int, files: Mapping[str, bytes]) -> None:
        """Store further files next to a version, for example descriptions in other forms.

        Args:
            version: Version of the model.
            files: Contents by name.

        Raises:
            StoreError: if the server is unreachable or refuses the request.
        """
        for name, content in files.items():
            with suppress(ConditionFailedError):
                self._bucket.put(self._key(version, name), content)

    def manifest(self, version: int) -> Manifest:
        """Return the manifest of a version, with the result of its evaluation if there is one.

        Raises:
            ModelError: if the manifest or the evaluation is damaged.
            StoreError: if there is no such version, or the server is unreachable or refuses the request.
        """
        manifest = self._manifest(version)
        key = self._key(version, EVALUATION_NAME)
        try:
            evaluation = json.loads(self._bucket.get(key)[0])
        except NotFoundError:
            return manifest
        except ValueError as error:
            raise ModelError(f"{key}: is not JSON ({error}), expected an evaluation") from error
        if not isinstance(evaluation, dict):
            raise ModelError(f"{key}: found {evaluation!r}, expected the keys of an evaluation")
        return replace(manifest, evaluation=evaluation)

    def _manifest(self, version: int) -> Manifest:
        """Return the manifest as it was published, without a later evaluation."""
        key = self._key(version, MANIFEST_NAME)
        manifest = decode_manifest(self._bucket.get(key)[0], key)
        if manifest.version != version:
            raise ModelError(f"{key}: found version {manifest.version}, expected {version}")
        return manifest

    def load(self, which: int | Literal["last", "best"] | Pointer = "last") -> Model:
        """Fetch and check a model; its manifest is as published, and `manifest` adds the evaluation.

        Args:
            which: A version, "last", "best", or a `Pointer`.

        Raises:
            ModelError: if the model is damaged or does not match its manifest or the pointer.
            StoreError: if there is no such model, or the server is unreachable or refuses the request.
        """
        pointer = which if isinstance(which, Pointer) else None
        if isinstance(which, str):
            pointer = self.pointer(which)
            if pointer is None:
                raise StoreError(
                    f"{self._bucket.where}: {self._root}/{which}.json not found, expected a published model"
                )
        version = pointer.version if pointer else which
        assert isinstance(version, int)
        manifest = self._manifest(version)
        if pointer is not None and pointer.sha256 != manifest.sha256:
            raise ModelError(
                f"{self._key(version, MANIFEST_NAME)}: sha256 is {manifest.sha256[:12]}..., "
                f"expected {pointer.sha256[:12]}... by the pointer"
            )
        key = self._key(version, POLICY_NAME)
        return read_policy(self._bucket.get(key)[0], manifest, key)

    def _prune(self) -> None:
        """Delete all versions except the newest `keep` and those that a pointer names."""
        keys = self._keys()
        pointers = (self._pointers.current("last"), self._pointers.current("best"))
        kept = set(sorted(keys)[-self.config.keep :]) | {pointer.version for pointer in pointers if pointer}
        self._bucket.delete(
            [
                self._key(version, name)
                for version in sorted(keys.keys() - kept)
                # The manifest comes first: without it there is no version.
                for name in sorted(keys[version], key=lambda name: (name != MANIFEST_NAME, name))
            ]
        )
