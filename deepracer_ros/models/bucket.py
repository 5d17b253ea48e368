# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Access to an S3 bucket: get, conditional put, list and delete, with one-line errors."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import add_expect_header

from deepracer_ros.errors import InputError
from deepracer_ros.models.config import ModelsConfig

_NOT_FOUND = ("404", "NoSuchKey", "NoSuchBucket", "NotFound")
_NOT_MODIFIED = ("304", "NotModified")
_CONDITION_FAILED = ("412", "PreconditionFailed", "409", "ConditionalRequestConflict")
_REFUSED = ("403", "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "Forbidden")


class StoreError(InputError):
    """The S3 server is unreachable or refuses the request; the model is not at fault, and a retry may succeed."""


class NotFoundError(StoreError):
    """The bucket has no such object."""


class NotModifiedError(StoreError):
    """The object has not changed since the caller read it."""


class ConditionFailedError(StoreError):
    """Another writer has written the object first."""


class FencedError(InputError):
    """Another trainer has taken over the run; a retry fails again."""


class Bucket:
    """One bucket of an S3 server or of AWS; safe to use from several threads.

    Attributes:
        where: Server and bucket in words, for messages.
    """

    def __init__(self, endpoint: str, name: str, region: str = "", credentials: tuple[str, str] | None = None) -> None:
        """Connect to the server, and create the bucket if it is absent and not on AWS.

        Args:
            endpoint: URL of an S3 server; empty for AWS.
            name: Name of the bucket.
            region: AWS region; empty for the region in boto3's configuration.
            credentials: Access key and secret key; by default boto3 searches for them.

        Raises:
            StoreError: if the server is unreachable, refuses, or AWS has no such bucket.
        """
        self.where = f"s3 {endpoint or 'AWS'} bucket {name!r}"
        self._name = name
        with self._errors("the bucket"):
            self._client = _make_client(endpoint, region, credentials)
        try:
            with self._errors("the bucket"):
                self._client.head_bucket(Bucket=name)
        except NotFoundError:
            if not endpoint:
                raise
            with self._errors("the bucket"):
                self._create()

    def _create(self) -> None:
        try:
            self._client.create_bucket(Bucket=self._name)
        except ClientError as error:  # Another process may have created it in between.
            if _code(error) not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        """Turn errors of botocore into `StoreError` and its subclasses."""
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if code in _NOT_FOUND:
                raise NotFoundError(f"{self.where}: {key} not found") from error
            if code in _NOT_MODIFIED:
                raise NotModifiedError(f"{self.where}: {key} has not changed") from error
            if code in _CONDITION_FAILED:
                raise ConditionFailedError(
                    f"{self.where}: {key} was written by another process, expected one writer"
                ) from error
            if code in _REFUSED:
                raise StoreError(
                    f"{self.where}: {key} refused ({code}), expected credentials that may list, read, write and delete"
                ) from error
            raise StoreError(f"{self.where}: {key} failed ({' '.join(str(error).split())})") from error
        except (BotoCoreError, ValueError) as error:
            raise StoreError(
                f"{self.where}: unreachable ({' '.join(str(error).split())}), expected an S3 server and credentials"
            ) from error

    def get(self, key: str, unless: str = "") -> tuple[bytes, str]:
        """Return an object and its ETag.

        Args:
            key: Key of the object.
            unless: ETag of the version that the caller has; empty if it has none.

        Raises:
            NotFoundError: if there is no such object.
            NotModifiedError: if the object still has the ETag `unless`.
            StoreError: if the server is unreachable or refuses the request.
        """
        condition = {"IfNoneMatch": unless} if unless else {}
        with self._errors(key):
            answer = self._client.get_object(Bucket=self._name, Key=key, **condition)
            return answer["Body"].read(), answer["ETag"]

    def put(self, key: str, body: bytes, replaces: str = "") -> str:
        """Write an object conditionally, and return its new ETag.

        Args:
            key: Key of the object.
            body: Content to write.
            replaces: ETag that the existing object must have; empty if there must be no object.

        Raises:
            ConditionFailedError: if the existing object does not meet the condition.
            StoreError: if the server is unreachable or refuses the request.
        """
        condition = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
        with self._errors(key):
            etag: str = self._client.put_object(Bucket=self._name, Key=key, Body=body, **condition)["ETag"]
            return etag

    def replace(self, key: str, body: bytes) -> None:
        """Write an object, whatever was there before.

        Args:
            key: Key of the object.
            body: Content to write.

        Raises:
            StoreError: if the server is unreachable or refuses the request.
        """
        with self._errors(key):
            self._client.put_object(Bucket=self._name, Key=key, Body=body)

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, in ascending order.

        Raises:
            StoreError: if the server is unreachable or refuses the request.
        """
        with self._errors(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
            return [str(item["Key"]) for page in pages for item in page.get("Contents", ())]

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects in the given order; a missing object is not an error.

        Raises:
            StoreError: if the server is unreachable or refuses the request.
        """
        for start in range(0, len(keys), 1000):
            objects = [{"Key": key} for key in keys[start : start + 1000]]
            with self._errors(keys[start]):
                self._client.delete_objects(Bucket=self._name, Delete={"Objects": objects, "Quiet": True})


def open_bucket(config: ModelsConfig, credentials: tuple[str, str] | None = None) -> Bucket:
    """Return the configured bucket; it is created if it is absent and not on AWS.

    Args:
        config: Server and bucket.
        credentials: Access key and secret key; by default boto3 searches for them.

    Raises:
        StoreError: if the server is unreachable or refuses the request, or AWS has no such bucket.
        InputError: if neither an endpoint nor AWS is configured.
    """
    if not config.endpoint and not config.aws:
        raise InputError("models.endpoint: is empty, expected the URL of an S3 server, or models.aws: true")
    return Bucket(config.endpoint, config.bucket, config.region, credentials)


def _code(error: ClientError) -> str:
    """Return the S3 error code of a botocore error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _make_client(endpoint: str, region: str, credentials: tuple[str, str] | None) -> Any:  # noqa: ANN401
    """Return a boto3 client with short timeouts and without S3 checksums, since the manifest holds a sha256."""
    access_key, secret_key = credentials or (None, None)
    is_local = urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region or ("us-east-1" if endpoint else None),
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"total_max_attempts": 3, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"payload_signing_enabled": False, "addressing_style": "path" if endpoint else "auto"},
            proxies={} if is_local else None,
        ),
    )
    # A model is small: waiting for the answer to an Expect header would take longer than sending it.
    client.meta.events.unregister("before-call.s3", add_expect_header)
    return client
