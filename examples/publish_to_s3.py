# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Publishes a model to an S3 server like the trainer, and loads it like the agent.

    .venv/bin/python examples/publish_to_s3.py [MODEL]

The server is the local S3 server of the package's extra `local`. `ModelsConfig(aws=True, bucket=...)` uses AWS with the
credentials that boto3 finds.
"""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.folder import read_model_path
from deepracer_ros.models.store import ModelStore
from deepracer_ros.services.s3_server import LocalS3


def main(path: Path) -> None:
    """Publish the model in a folder as the first version of a new run, and load it."""
    model = read_model_path(path)
    with TemporaryDirectory() as folder, LocalS3(Path(folder)) as server:
        config = ModelsConfig(endpoint=server.endpoint)
        store = ModelStore(config, "example", (server.access_key, server.secret_key))
        published = store.publish(model.tensors, replace(model.manifest, run="example"), best=True)
        print(f"published version {published.version}, {published.size} bytes, sha256 {published.sha256[:12]}...")
        print(f"versions {store.versions()}, last {store.pointer('last')}")
        loaded = store.load("best")
        print(f"loaded version {loaded.manifest.version} with {len(loaded.tensors)} tensors")


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "runs/latest"))
