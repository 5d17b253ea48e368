# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Models with random weights, larger in the head than those of an untrained network, so that the actions differ."""

import numpy as np
import pytest

from deepracer_ros.config import from_mapping
from deepracer_ros.export.car_network import read_car_network
from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.inference import weight_shapes
from deepracer_ros.models.policy_file import Model
from deepracer_ros.simulation.sensors import sensor_specs
from deepracer_ros.training.config import read_config
from deepracer_ros.training.policies import make_manifest

DISCRETE = {"type": "discrete", "steering_angles": [-30.0, 0.0, 30.0], "speeds": [1.0, 2.0]}
CONTINUOUS = {"type": "continuous"}


@pytest.fixture(scope="session")
def make_model():
    """Return a model of a network; a weight named in `tensors` replaces the random one."""

    def make(actions=CONTINUOUS, tensors=None, seed=0, **network):
        size = {name: network[name] for name in ("width", "height", "colour", "stack_size") if name in network}
        config = read_config({"network": network, "actions": actions, "camera": size}, "test")
        outputs = make_action_space(config.actions).outputs
        shapes = weight_shapes(from_mapping(NetworkConfig, network, "test"), sensor_specs(config), outputs)
        random = np.random.default_rng(seed)
        found = {}
        for name, shape in shapes.items():
            scale = 0.3 if name.startswith("policy") else 1.0 / np.sqrt(np.prod(shape[1:]))
            found[name] = (scale * random.standard_normal(shape)).astype(np.float32)
        return Model(make_manifest(config, "test", 0, 0), {**found, **(tensors or {})})

    return make


@pytest.fixture(scope="session")
def make_network(make_model):
    """Return the layers of such a model."""

    def make(*arguments, **options):
        return read_car_network(make_model(*arguments, **options))

    return make
