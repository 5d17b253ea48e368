"""`services.json` of a run folder: where its Redis and S3 servers are, or were."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError

FILE_NAME = "services.json"


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

    def write(self, run_folder: Path) -> None:
        """Write the record into the run folder, whole or not at all.

        Raises:
            InputError: if the folder cannot be written.
        """
        path = run_folder / FILE_NAME
        temporary = run_folder / f".{FILE_NAME}.{os.getpid()}.tmp"
        try:
            temporary.touch(mode=0o600)
            temporary.write_text(json.dumps(to_mapping(self), indent=2) + "\n")
            os.replace(temporary, path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise InputError(f"{path}: cannot be written ({error.strerror}); expected a writable run folder") from error


def read_record(run_folder: Path) -> ServicesRecord:
    """Read the record of a run.

    Raises:
        InputError: if the folder holds none, or the file is not one.
    """
    path = run_folder / FILE_NAME
    try:
        return from_mapping(ServicesRecord, json.loads(path.read_text()), str(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; expected the folder of a run") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); expected the servers of a run") from error
