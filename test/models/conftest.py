# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import itertools
from functools import cache

import numpy as np
import pytest
from botocore.loaders import JSONFileLoader

from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.policy_file import Manifest
from deepracer_ros.models.store import ModelStore

RUNS = (f"models-{number}" for number in itertools.count())


@pytest.fixture(scope="module", autouse=True)
def one_reading():
    """Let botocore read its descriptions of services once, not for each of the many stores: half of a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", staticmethod(cache(JSONFileLoader().load_file)))
        yield


@pytest.fixture
def run():
    return next(RUNS)


@pytest.fixture
def open_store(s3, run):
    """Open the models of this test's run."""

    def open_store(credentials=None, **changes):
        config = ModelsConfig(**{"endpoint": s3.endpoint, **changes})
        return ModelStore(config, run, credentials or (s3.access_key, s3.secret_key))

    return open_store


@pytest.fixture
def store(open_store):
    return open_store()


@pytest.fixture
def tensors():
    random = np.random.default_rng(0)
    return {
        "convolution.weight": random.standard_normal((2, 1, 3, 3)).astype(np.float32),
        "head.bias": random.standard_normal(5).astype(np.float32),
    }


@pytest.fixture
def manifest(run):
    return Manifest(
        run=run,
        architecture={"size": "small"},
        action_space={"kind": "discrete", "steering": [-0.5, 0.5]},
        reads={"FRONT_FACING_CAMERA": {"shape": [60, 80], "dtype": "|u1", "unit": "levels", "numbers": []}},
        training_step=3,
        env_steps=6144,
    )
