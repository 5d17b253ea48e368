# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The place of one worker of a run: everything that it needs, found in Redis and S3."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepracer_ros.config import to_mapping
from deepracer_ros.engine.run_files import fetch_run
from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import complete_url
from deepracer_ros.files import make_folder
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.names import check_run_name
from deepracer_ros.parameters import merge
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import RunConfig, read_config


@dataclass(frozen=True)
class Servers:
    """Where a run lives.

    Attributes:
        redis: URL of the Redis server; the password may be in the environment.
        s3: URL of the S3 server, or `aws`. boto3 searches for the credentials.
        bucket: Name of the bucket.
    """

    redis: str
    s3: str
    bucket: str = ModelsConfig.bucket

    def models(self) -> ModelsConfig:
        """Return the configuration of the S3 server.

        Raises:
            InputError: if the URL or the name of the bucket is not valid.
        """
        try:
            aws = self.s3 == "aws"
            return ModelsConfig(endpoint="" if aws else self.s3, aws=aws, bucket=self.bucket)
        except ValueError as error:
            raise InputError(f"--s3 {self.s3}: {error}") from error

    def redis_url(self) -> str:
        """Return the URL of the Redis server with the password of the environment.

        Raises:
            InputError: if the file with the password cannot be read.
        """
        return complete_url(self.redis)


def prepare(servers: Servers, run: str, job: int, jobs: int | None, path: Path) -> RunConfig:
    """Fetch the files of a run, and write the parameters of a worker's nodes.

    Args:
        servers: Where the run lives.
        run: Name of the run.
        job: Number of the simulation job.
        jobs: Number of simulation jobs among which the tracks are shared out; None: as the run was started.
        path: Folder of the worker, which has the files of a run folder; made if it is absent.

    Returns:
        The configuration of the run, with the addresses of the servers.

    Raises:
        InputError: if there is no such run, a server does not answer, or the folder cannot be written.
    """
    check_run_name(run)
    make_folder(path)
    folder = RunFolder(path)
    models = servers.models()
    values = fetch_run(models, run, folder.sources)
    where = f"configuration of run {run}"
    addresses = {"endpoint": models.endpoint, "aws": models.aws, "bucket": models.bucket}
    changes: dict[str, Any] = {"models": addresses, "trainer": {"checkpoints": "bucket"}}
    changes["experience"] = {"url": servers.redis_url()}
    if jobs is not None:
        changes["jobs"] = jobs
    config = read_config(merge(values, changes), where)
    folder.write_parameters({"run": run, "folder": str(path.resolve()), "job": job, **to_mapping(config)})
    return config
