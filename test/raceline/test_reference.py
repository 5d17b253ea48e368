# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Known times of optimal laps belong to a track's geometry and to a car, not to a name."""

from dataclasses import replace

import pytest

from deepracer_ros.engine.checks import check_config
from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.raceline.reference import FILE, OptimalLap, find_optimal_lap, keep_optimal_lap
from deepracer_ros.simulation.config import DynamicsConfig
from deepracer_ros.training.config import read_config

CAR = DynamicsConfig()


@pytest.fixture
def laps(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_TRACKS", str(tmp_path / "tracks"))
    return tmp_path / "tracks" / FILE


def test_a_kept_time_is_found_under_any_name_of_the_same_track(laps):
    track = find_track("random:5")
    assert find_optimal_lap(track, CAR) is None
    assert keep_optimal_lap(OptimalLap("random-5", 7.5, 7.7), track, CAR) == laps
    keep_optimal_lap(OptimalLap("oval", 3.0), find_track("oval"), CAR)
    assert find_optimal_lap(replace(track, name="other"), CAR) == OptimalLap("random-5", 7.5, 7.7)
    assert find_optimal_lap(find_track("oval"), CAR).lap_seconds == 3.0  # the user's own precede the package's


@pytest.mark.parametrize(
    ("track", "car"),
    [("random:5-reversed", CAR), ("random:6", CAR), ("random:5", replace(CAR, maximum_speed=3.0))],
    ids=["direction", "track", "car"],
)
def test_another_direction_track_or_car_has_another_time(laps, track, car):
    keep_optimal_lap(OptimalLap("random-5", 7.5), find_track("random:5"), CAR)
    assert find_optimal_lap(find_track(track), car) is None


@pytest.mark.parametrize("content", ["[]", "{", '{"a": 1}', '{"a": {"track": "x", "lap_seconds": "fast"}}'])
def test_a_damaged_file_is_named(laps, content):
    laps.parent.mkdir()
    laps.write_text(content)
    with pytest.raises(InputError, match=FILE):
        find_optimal_lap(find_track("oval"), CAR)
    with pytest.raises(InputError, match=FILE):  # before a training begins, not at its end
        check_config(read_config({}, "test"))


@pytest.mark.parametrize("name", ["esses", "fast", "hairpin", "long", "oval", "technical", "technical-reversed"])
def test_the_package_knows_the_optimal_laps_of_its_closed_tracks(laps, name):
    lap = find_optimal_lap(find_track(name), CAR)
    assert lap is not None
    assert lap.driven_seconds is not None
    assert lap.lap_seconds <= lap.driven_seconds <= 1.1 * lap.lap_seconds
