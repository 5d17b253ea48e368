# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import pytest

from deepracer_ros.car.calibration import Calibration, Pulses, read_calibration
from deepracer_ros.cli.main import main


@pytest.fixture
def file(tmp_path, capsys):
    assert main(["calibrate", str(tmp_path / "c.json"), "--default"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "steering  1200, 1450, 1700 us, polarity 1", "motor     1311, 1446, 1604 us, polarity -1",
    ]  # fmt: skip
    return tmp_path / "c.json"


def test_a_file_is_shown_and_not_touched(file, capsys):
    before = file.read_bytes()
    assert main(["calibrate", str(file)]) == 0
    assert "steering  1200, 1450, 1700 us" in capsys.readouterr().out
    assert file.read_bytes() == before
    assert read_calibration(file) == Calibration()
    assert [path.name for path in file.parent.iterdir()] == ["c.json"]


def test_a_changed_file_stays_beside_the_new_one(file, capsys):
    before = file.read_bytes()
    assert main(["calibrate", str(file), "--steering", "1200000,1460000,1700000", "--motor", "1e6"]) == 2
    assert file.read_bytes() == before
    assert main(["calibrate", str(file), "--steering", "1200000,1460000,1700000"]) == 0
    assert "the file before it is" in capsys.readouterr().out
    assert read_calibration(file) == Calibration(steering=Pulses(1_200_000, 1_460_000, 1_700_000, 1))
    assert (file.parent / "c.json.bak").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.json"], "absent.json: cannot be read"),
        (["{file}", "--motor", "1,2"], "--motor: found '1,2', expected MIN,MID,MAX"),
        (["{file}", "--motor", "1700000,1450000,1200000"], "--motor: found the pulses 1700000, 1450000, 1200000"),
        (["{file}", "--motor", "1200000,1450000,1700000,3"], "--motor: polarity: found 3, expected 1 or -1"),
    ],
)
def test_mistakes_get_one_line(file, capsys, arguments, words):
    before = file.read_bytes()
    assert main(["calibrate", *(argument.format(file=file) for argument in arguments)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert file.read_bytes() == before
