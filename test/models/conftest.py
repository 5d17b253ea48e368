import itertools
import json

import numpy as np
import pytest

from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.policy_file import Manifest, Observation
from deepracer_ros.models.store import ModelStore
from deepracer_ros.services.s3_server import LocalS3


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """A real S3 server, shared by all tests of this folder, with a second identity that may only read."""
    folder = tmp_path_factory.mktemp("s3")
    identities = [
        {
            "name": "deepracer",
            "credentials": [{"accessKey": "WRITER", "secretKey": "writer-secret"}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        },
        {
            "name": "reader",
            "credentials": [{"accessKey": "READER", "secretKey": "reader-secret"}],
            "actions": ["Read", "List"],
        },
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    with LocalS3(folder) as server:
        yield server


RUNS = (f"run-{number}" for number in itertools.count())


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
        observation=Observation(80, 60, "grey"),
        training_step=3,
        env_steps=6144,
        evaluation={"laps_completed": 2},
    )
