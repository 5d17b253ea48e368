# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The run configurations that come with the package: every key is known, and each can be built."""

import pytest

from deepracer_ros.parameters import read_parameters
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.obstacle import place_obstacles
from deepracer_ros.share import share_directory
from deepracer_ros.training.config import read_config


@pytest.mark.parametrize("name", ["training", "object_avoidance", "generalist"])
def test_a_shipped_configuration_is_sound(name):
    path = share_directory() / "config" / f"{name}.yaml"
    config = read_config(read_parameters(path), str(path))
    for track in find_tracks(config.tracks):
        assert len(place_obstacles(track, config.race.obstacles, None)) == config.race.obstacles.count


def test_object_avoidance_is_four_boxes_on_fast():
    path = share_directory() / "config" / "object_avoidance.yaml"
    config = read_config(read_parameters(path), str(path))
    assert (config.tracks, config.race.type) == (("fast",), "object_avoidance")
    assert (config.race.obstacles.count, config.race.obstacles.kind) == (4, "box")
