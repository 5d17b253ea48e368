# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The file `services.json` of a run folder, which records the addresses of the run's Redis and S3 servers."""

import json
from dataclasses import dataclass
from pathlib import Path

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import OWNER_ONLY, write_json
from deepracer_ros.services.s3_server import read_keys


@dataclass(frozen=True)
class ServicesRecord:
    """The servers of one run. The record is written when the run starts, so that other commands find the servers.

    Attributes:
        redis_url: URL of the Redis server, with its password; only the owner can read the file.
        s3_endpoint: URL of the S3 server; empty for AWS.
        s3_bucket: Name of the bucket that holds the models.
        s3_folder: Name of the local S3 server's folder inside the run folder, which also holds its keys; empty if
            the run did not start an S3 server.
        run: Name of the run, under which its models are; empty in a record of an earlier release.
    """

    redis_url: str = ""
    s3_endpoint: str = ""
    s3_bucket: str = "deepracer"
    s3_folder: str = ""
    run: str = ""

    def write(self, path: Path) -> None:
        """Write the record atomically, readable by its owner only.

        Args:
            path: `services.json` of the run folder.

        Raises:
            InputError: if the folder cannot be written.
        """
        write_json(path, to_mapping(self), OWNER_ONLY)


def keys_of_run(path: Path, endpoint: str) -> tuple[str, str] | None:
    """Return access key and secret key of the S3 server that a run has started itself.

    Args:
        path: `services.json` of the run folder.
        endpoint: URL of the S3 server that is to be used.

    Returns:
        The keys; None if it is another server, for which boto3 searches.

    Raises:
        InputError: if the record or the keys cannot be read.
    """
    if not path.is_file():
        return None
    record = read_record(path)
    if not record.s3_folder or record.s3_endpoint != endpoint:
        return None
    return read_keys(path.parent / record.s3_folder)


def read_record(path: Path) -> ServicesRecord:
    """Read the record of a run.

    Args:
        path: `services.json` of the run folder.

    Raises:
        InputError: if the file is absent or is not such a record.
    """
    try:
        return from_mapping(ServicesRecord, json.loads(path.read_text()), str(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; expected the folder of a run") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); expected the servers of a run") from error
