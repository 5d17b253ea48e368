# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The files of a racing line."""

import runpy

import numpy as np
import pytest

from deepracer_ros.raceline.line import Raceline, write_csv, write_module


@pytest.fixture
def line():
    rows = np.arange(4.0)
    return Raceline("oval", 2.0, rows, rows + 0.1, -rows, rows / 3.0, rows + 1.0, rows - 0.2, rows + 2.0, rows / 2.0)


def test_the_table_has_a_column_per_quantity(line, tmp_path):
    write_csv(line, tmp_path / "line.csv")
    header, *rows = (tmp_path / "line.csv").read_text().splitlines()
    assert header == "station,x,y,yaw,speed,steering,commanded_speed,time"
    assert rows[1] == "1.0,1.1,-1.0,0.33333,2.0,0.8,3.0,0.5"


def test_a_reward_function_can_import_the_line(line, tmp_path):
    write_module(line, tmp_path / "oval_optimal.py")
    module = runpy.run_path(str(tmp_path / "oval_optimal.py"))
    assert module["LAP_SECONDS"] == 2.0
    assert module["LINE"][1] == (1.1, -1.0, 2.0, 0.5)
