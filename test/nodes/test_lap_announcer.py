# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The announcer tells of laps and failures of `race/state`."""

import array

import numpy as np
import pytest
import rclpy
from sensor_msgs.msg import PointCloud2, PointField

from deepracer_ros.nodes.lap_announcer import LapAnnouncer
from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.nodes.messages.state import state_type
from deepracer_ros.race.status import Status

KIND = state_type(("progress",))


def message(**columns):
    table = np.zeros(len(next(iter(columns.values()))), KIND)
    for name, values in columns.items():
        table[name] = values
    fields = [PointField(name=name, offset=int(KIND.fields[name][1]), datatype=7, count=1) for name in KIND.names]
    cloud = PointCloud2(width=len(table), height=1, point_step=KIND.itemsize, fields=fields)
    cloud.data = array.array("B", table.tobytes())
    return cloud


@pytest.fixture
def announcer():
    rclpy.init()
    lines = []
    found = LapAnnouncer(3, lines.append)
    found.lines = lines
    yield found
    found.node.destroy_node()
    rclpy.try_shutdown()


def test_laps_and_failures_of_two_cars_are_told_once(announcer):
    going = [Status.IN_PROGRESS, Status.IN_PROGRESS]
    for columns in (
        {"lap": [0, 0], "status": [Status.PREPARE, Status.PREPARE]},
        {"lap": [1, 0], "status": going, "lap_seconds": [5.25, np.nan]},
        {"lap": [1, 0], "status": going, "lap_seconds": [5.25, np.nan]},
        {"lap": [1, 0], "status": [Status.IN_PROGRESS, Status.OFF_TRACK], "progress": [3.0, 41.7]},
        {"lap": [1, 0], "status": [Status.IN_PROGRESS, Status.PREPARE]},
    ):
        assert not announcer.finished
        announcer._on_state(message(**columns))
    assert announcer.lines == ["car 0: lap 1: 5.25 s", "car 1: off track after 42 % of a lap"]
    announcer._on_state(message(lap=[2, 0], status=[Status.LAP_COMPLETE, Status.IN_PROGRESS], lap_seconds=[5.0, 0.0]))
    assert announcer.lines[2:] == ["car 0: lap 2: 5.00 s"]
    assert (announcer.complete, announcer.failed, announcer.finished) == (2, 1, True)


def test_an_episode_that_begins_anew_counts_its_first_lap_again(announcer):
    announcer._on_state(message(lap=[1], status=[Status.LAP_COMPLETE], lap_seconds=[4.0]))
    announcer._on_state(message(lap=[0], status=[Status.PREPARE]))
    announcer._on_state(message(lap=[1], status=[Status.LAP_COMPLETE], lap_seconds=[4.5]))
    assert announcer.lines == ["lap 1: 4.00 s", "lap 2: 4.50 s"]


def test_a_status_that_there_is_not_is_refused(announcer):
    with pytest.raises(MessageError, match="found status 77"):
        announcer._on_state(message(lap=[0], status=[77]))
