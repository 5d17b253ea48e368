# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import itertools

import pytest

from deepracer_ros.models.bucket import Bucket
from deepracer_ros.run.bucket_checkpoints import BucketCheckpoints

RUNS = (f"checkpoints-{number}" for number in itertools.count())
LEASE = 2.0


@pytest.fixture
def bucket(s3):
    """A bucket of the shared S3 server."""
    return Bucket(s3.endpoint, "deepracer", "", (s3.access_key, s3.secret_key))


@pytest.fixture
def run():
    return next(RUNS)


@pytest.fixture
def open_bucket_store(bucket, run):
    """Become the writer of this test's run; the lease is short."""
    opened = []

    def make(lease=LEASE):
        opened.append(BucketCheckpoints(bucket, run, lease))
        return opened[-1]

    yield make
    for store in opened:
        store.close()
