"""The models of a run in S3: immutable numbered versions, and pointers moved by conditional write.

    <prefix>/<run>/00000012/policy.safetensors
    <prefix>/<run>/00000012/manifest.json
    <prefix>/<run>/last.json, best.json

A version exists once its manifest does, and is visible once a pointer names it, so a publisher that
dies halfway leaves nothing that a reader could find half-written. Two publishers never share a
number: the policy is written on the condition that nobody wrote it before.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
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

PointerName = Literal["last", "best"]

_NOT_FOUND = ("404", "NoSuchKey", "NoSuchBucket", "NotFound")
_TAKEN = ("412", "PreconditionFailed", "409", "ConditionalRequestConflict")
_REFUSED = ("403", "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "Forbidden")
_MOST_ATTEMPTS = 50


class StoreError(InputError):
    """The S3 server is away or refuses: nothing is wrong with the model, and later it may work."""


@dataclass(frozen=True)
class StoreConfig:
    """Where the models are. Credentials are not part of it: the configuration is saved with every model.

    Attributes:
        endpoint: URL of an S3 server; empty for AWS.
        bucket: Made if it is absent and `endpoint` is set.
        prefix: Folder in the bucket.
        region: Of AWS; empty takes that of boto3's own configuration.
        keep: Newest versions that are kept, besides `last` and `best`.
    """

    endpoint: str = ""
    bucket: str = "deepracer"
    prefix: str = "models"
    region: str = ""
    keep: int = 5

    def __post_init__(self) -> None:
        """Check the values."""
        if self.endpoint and urlsplit(self.endpoint).scheme not in ("http", "https"):
            raise ValueError(f"key 'endpoint': found {self.endpoint!r}, expected http://... or https://...")
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", self.bucket):
            raise ValueError(f"key 'bucket': found {self.bucket!r}, expected 3 to 63 of a-z, 0-9, . and -")
        if self.keep < 1:
            raise ValueError(f"key 'keep': found {self.keep}, expected 1 or more")


@dataclass(frozen=True)
class Pointer:
    """What `last.json` or `best.json` says.

    Attributes:
        version: The model it points at.
        sha256: Of its policy.
        etag: Of the pointer object: moves only if nobody else has moved it.
    """

    version: int
    sha256: str
    etag: str = ""


class ModelStore:
    """The models of one run. Safe to use from several threads, except for two publishing at once."""

    def __init__(self, config: StoreConfig, run: str, credentials: tuple[str, str] | None = None) -> None:
        """Connect, and make the bucket if it is absent and not on AWS.

        Args:
            config: Where the models are.
            run: Name of the run.
            credentials: Access key and secret; by default boto3's own search finds them.

        Raises:
            StoreError: if the server is unreachable, refuses, or AWS has no such bucket.
            InputError: if the run's name is no plain name.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}", run):
            raise InputError(f"run name: found {run!r}, expected letters, digits and . _ + -")
        self.config, self.run = config, run
        self._root = f"{config.prefix.strip('/')}/{run}".lstrip("/")
        self._where = f"s3 {config.endpoint or 'AWS'} bucket {config.bucket!r}"
        self._next = 0
        self._moved: dict[PointerName, Pointer] = {}
        with self._errors():
            self._client = _client(config, credentials)
            self._prepare_bucket()

    def _prepare_bucket(self) -> None:
        try:
            self._client.head_bucket(Bucket=self.config.bucket)
        except ClientError as error:
            if _code(error) not in _NOT_FOUND or not self.config.endpoint:
                raise
            try:
                self._client.create_bucket(Bucket=self.config.bucket)
            except ClientError as second:  # Somebody else may have made it in between.
                if _code(second) not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise

    @contextmanager
    def _errors(self, key: str = "") -> Iterator[None]:
        """Turn botocore's errors into one line each."""
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if code in _REFUSED:
                raise StoreError(
                    f"{self._where}: refused ({code}) {key}".rstrip()
                    + ", expected credentials that may list, read, write and delete"
                ) from error
            if code in _NOT_FOUND:
                raise StoreError(f"{self._where}: {key or 'the bucket'} not found") from error
            raise StoreError(f"{self._where}: {key} failed ({' '.join(str(error).split())})") from error
        except (BotoCoreError, ValueError) as error:
            raise StoreError(
                f"{self._where}: unreachable ({' '.join(str(error).split())}), expected an S3 server and credentials"
            ) from error

    def _key(self, version: int, name: str) -> str:
        return f"{self._root}/{version:08d}/{name}"

    def _get(self, key: str) -> bytes:
        with self._errors(key):
            body: bytes = self._client.get_object(Bucket=self.config.bucket, Key=key)["Body"].read()
            return body

    def _put_new(self, key: str, body: bytes) -> bool:
        """Write an object unless one has the key already; returns whether it was written."""
        try:
            with self._errors(key):
                self._client.put_object(Bucket=self.config.bucket, Key=key, Body=body, IfNoneMatch="*")
        except StoreError as error:
            if isinstance(error.__cause__, ClientError) and _code(error.__cause__) in _TAKEN:
                return False
            raise
        return True

    def publish(self, tensors: Tensors, manifest: Manifest, best: bool = False) -> Manifest:
        """Store a new version and point `last` (and `best`) at it.

        Args:
            tensors: Float32 arrays by name.
            manifest: Its version, hash, size and shapes are filled in.
            best: Whether it is also the best so far.

        Returns:
            The manifest as stored, with its version.

        Raises:
            ModelError: if a tensor is not float32 or not finite; nothing is stored.
            StoreError: if the server is away or refuses; no pointer was moved to it.
        """
        policy = encode_policy(tensors)
        self._next = self._next or self._newest() + 1
        for version in range(self._next, self._next + _MOST_ATTEMPTS):
            if self._put_new(self._key(version, POLICY_NAME), policy):
                break
        else:
            raise StoreError(f"{self._where}: versions from {self._next} are all taken, expected one publisher per run")
        self._next = version + 1
        described = describe(manifest, policy, tensors, version)
        key = self._key(version, MANIFEST_NAME)
        if not self._put_new(key, encode_manifest(described)):
            raise StoreError(f"{self._where}: {key} was written by somebody else, expected one publisher per run")
        target = Pointer(version, described.sha256)
        self._move("last", target)
        if best:
            self._move("best", target)
        if version % self.config.keep == 0:
            self._prune()
        return described

    def pointer(self, name: PointerName = "last", known: Pointer | None = None) -> Pointer | None:
        """Return what a pointer says, None if nothing was published.

        Args:
            name: Of the pointer.
            known: What it said before: returned as it is if that still holds, which costs less.

        Raises:
            ModelError: if the pointer is damaged.
            StoreError: if the server is away or refuses.
        """
        key = f"{self._root}/{name}.json"
        unless = {"IfNoneMatch": known.etag} if known and known.etag else {}
        try:
            with self._errors(key):
                answer = self._client.get_object(Bucket=self.config.bucket, Key=key, **unless)
                body = answer["Body"].read()
        except StoreError as error:
            code = _code(error.__cause__) if isinstance(error.__cause__, ClientError) else ""
            if code in ("304", "NotModified"):
                return known
            if code in _NOT_FOUND:
                return None
            raise
        try:
            pointer = from_mapping(Pointer, json.loads(body), key)
        except ValueError as error:
            raise ModelError(f"{key}: is not JSON ({error}), expected a pointer to a model") from error
        except InputError as error:
            raise ModelError(str(error)) from error
        return Pointer(pointer.version, pointer.sha256, answer["ETag"])

    def _move(self, name: PointerName, target: Pointer, only_forward: bool = True) -> None:
        """Point `name` at `target`, on the condition that it says what it said when last read.

        Args:
            name: Of the pointer.
            target: Where to.
            only_forward: Whether a version that a publisher of a newer one has set stays.
        """
        body = json.dumps({"version": target.version, "sha256": target.sha256}).encode()
        key = f"{self._root}/{name}.json"
        current = self._moved.get(name) or self.pointer(name)
        for attempt in range(_MOST_ATTEMPTS):
            if current is not None and only_forward and current.version > target.version:
                return
            condition = {"IfMatch": current.etag} if current else {"IfNoneMatch": "*"}
            try:
                with self._errors(key):
                    answer = self._client.put_object(Bucket=self.config.bucket, Key=key, Body=body, **condition)
                self._moved[name] = Pointer(target.version, target.sha256, answer["ETag"])
                return
            except StoreError as error:
                if not isinstance(error.__cause__, ClientError) or _code(error.__cause__) not in _TAKEN:
                    raise
            time.sleep(0.002 * attempt)
            current = self.pointer(name)
        raise StoreError(
            f"{self._where}: {key} was moved by others {_MOST_ATTEMPTS} times, expected one publisher per run"
        )

    def mark_best(self, version: int) -> None:
        """Point `best` at a version.

        Raises:
            InputError: if there is no such version, or the server is away or refuses.
        """
        self._move("best", Pointer(version, self.manifest(version).sha256), only_forward=False)

    def rollback(self, version: int) -> Pointer | None:
        """Point `last` at an earlier (or any other) version, which then drives.

        Returns:
            Where it pointed before.

        Raises:
            InputError: if there is no such version, it is damaged, or the server is away or refuses.
        """
        manifest = self.load(version).manifest
        before = self.pointer("last")
        self._move("last", Pointer(version, manifest.sha256), only_forward=False)
        return before

    def _keys(self) -> dict[int, set[str]]:
        """Return the object names of every version, complete or not."""
        found: dict[int, set[str]] = {}
        with self._errors(self._root):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.config.bucket, Prefix=f"{self._root}/"
            )
            for page in pages:
                for item in page.get("Contents", ()):
                    version, _, name = str(item["Key"])[len(self._root) + 1 :].partition("/")
                    if re.fullmatch("[0-9]{8}", version) and name:
                        found.setdefault(int(version), set()).add(name)
        return found

    def _newest(self) -> int:
        """Return the highest number taken, 0 if none: retention may have removed newer ones than it kept."""
        last = self.pointer("last")
        return max([*self._keys(), last.version if last else 0], default=0)

    def versions(self) -> list[int]:
        """Return the versions that exist, ascending.

        Raises:
            StoreError: if the server is away or refuses.
        """
        return sorted(version for version, names in self._keys().items() if MANIFEST_NAME in names)

    def manifest(self, version: int) -> Manifest:
        """Return the manifest of a version.

        Raises:
            ModelError: if it is damaged.
            StoreError: if there is none, or the server is away or refuses.
        """
        key = self._key(version, MANIFEST_NAME)
        manifest = decode_manifest(self._get(key), key)
        if manifest.version != version:
            raise ModelError(f"{key}: found version {manifest.version}, expected {version}")
        return manifest

    def load(self, which: int | Literal["last", "best"] | Pointer = "last") -> Model:
        """Fetch and check a model.

        Args:
            which: A version, `last`, `best`, or what `pointer` returned.

        Raises:
            ModelError: if it is damaged or not what its manifest or the pointer says.
            StoreError: if there is none, or the server is away or refuses.
        """
        pointer = which if isinstance(which, Pointer) else None
        if isinstance(which, str):
            pointer = self.pointer(which)
            if pointer is None:
                raise StoreError(f"{self._where}: {self._root}/{which}.json not found, expected a published model")
        version = pointer.version if pointer else which
        assert isinstance(version, int)
        manifest = self.manifest(version)
        if pointer is not None and pointer.sha256 != manifest.sha256:
            raise ModelError(
                f"{self._key(version, MANIFEST_NAME)}: sha256 is {manifest.sha256[:12]}..., "
                f"expected {pointer.sha256[:12]}... by the pointer"
            )
        key = self._key(version, POLICY_NAME)
        return read_policy(self._get(key), manifest, key)

    def _prune(self) -> None:
        """Delete all versions but the newest `keep` and those that a pointer names."""
        keys = self._keys()
        pointers = (self.pointer("last"), self.pointer("best"))
        kept = set(sorted(keys)[-self.config.keep :]) | {pointer.version for pointer in pointers if pointer}
        doomed = [
            {"Key": self._key(version, name)}
            for version in sorted(keys.keys() - kept)
            for name in sorted(keys[version])  # The manifest comes first: without it there is no version.
        ]
        for start in range(0, len(doomed), 1000):
            with self._errors(f"deleting old versions below {self._root}"):
                self._client.delete_objects(
                    Bucket=self.config.bucket, Delete={"Objects": doomed[start : start + 1000], "Quiet": True}
                )


def _code(error: Mapping[str, Any] | ClientError) -> str:
    """Return S3's code of an error."""
    assert isinstance(error, ClientError)
    return str(error.response.get("Error", {}).get("Code", ""))


def _client(config: StoreConfig, credentials: tuple[str, str] | None) -> Any:  # noqa: ANN401
    """Return a boto3 client with short timeouts; the policy's own sha256 replaces S3's checksums."""
    access_key, secret_key = credentials or (None, None)
    is_local = urlsplit(config.endpoint).hostname in ("127.0.0.1", "localhost", "::1")
    return boto3.session.Session().client(
        "s3",
        endpoint_url=config.endpoint or None,
        region_name=config.region or ("us-east-1" if config.endpoint else None),
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"total_max_attempts": 3, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"payload_signing_enabled": False, "addressing_style": "path" if config.endpoint else "auto"},
            proxies={} if is_local else None,
        ),
    )
