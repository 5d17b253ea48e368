# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Evaluations show laps against the time-optimal lap where it is known and means the same."""

import pytest

from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.training.config import read_config
from deepracer_ros.training.evaluation import optimal_seconds


@pytest.mark.parametrize(
    ("tracks", "changes", "known"),
    [
        (["oval"], {}, True),
        (["random:77"], {}, False),
        (["oval", "technical"], {}, False),
        (["oval"], {"race": {"type": "object_avoidance", "obstacles": {"count": 2}}}, False),
        (["oval"], {"race": {"type": "head_to_head", "cars": 2}}, False),
        (["oval"], {"dynamics": {"maximum_speed": 3.0}}, False),
    ],
    ids=["the package's track", "another track", "two tracks", "objects", "two cars", "another car"],
)
def test_the_optimal_lap_is_shown_where_it_is_known(tmp_path, monkeypatch, tracks, changes, known):
    monkeypatch.setenv("DEEPRACER_TRACKS", str(tmp_path))
    seconds = optimal_seconds(read_config({"tracks": tracks, **changes}, "test"), find_tracks(tracks))
    assert seconds == (pytest.approx(3.81, abs=0.02) if known else None)
