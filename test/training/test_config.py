# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The configuration of a run: what follows from its keys."""

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.training.config import read_config, to_saved


def test_a_range_of_generated_tracks_is_divided_among_the_jobs():
    config = read_config({"tracks": ["oval", "random:3-5"], "jobs": 2}, "test")
    assert config.tracks == ("oval", "random:3", "random:4", "random:5")
    assert [config.job_tracks(job) for job in (0, 1)] == [("oval", "random:4"), ("random:3", "random:5")]
    assert read_config(to_saved(config), "test").tracks == config.tracks


def test_an_empty_range_is_one_line():
    with pytest.raises(InputError, match="test: track random:5-3: expected random:A-B"):
        read_config({"tracks": ["random:5-3"]}, "test")
