"""`services.json` of a run folder: where its Redis and S3 servers are, or were."""

import json
from dataclasses import dataclass
from pathlib import Path

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import OWNER_ONLY, write_json


@dataclass(frozen=True)
class ServicesRecord:
    """The servers of one run, written at its start so that other commands find them.

    Attributes:
        redis_url: URL of the Redis server, with its password: the file is readable by its owner only.
        s3_endpoint: URL of the S3 server; empty for AWS.
        s3_bucket: Bucket of the models.
        s3_folder: Folder of the local S3 server below the run folder, with its keys; empty if the
            server is not the run's own.
    """

    redis_url: str = ""
    s3_endpoint: str = ""
    s3_bucket: str = "deepracer"
    s3_folder: str = ""

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all, for the owner only.

        Args:
            path: `services.json` of the run folder.

        Raises:
            InputError: if the folder cannot be written.
        """
        write_json(path, to_mapping(self), OWNER_ONLY)


def read_record(path: Path) -> ServicesRecord:
    """Read the record of a run.

    Args:
        path: `services.json` of the run folder.

    Raises:
        InputError: if it is absent or no such record.
    """
    try:
        return from_mapping(ServicesRecord, json.loads(path.read_text()), str(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; expected the folder of a run") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); expected the servers of a run") from error
