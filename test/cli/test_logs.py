# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer logs` shows the end of a log and names the logs that there are."""

import subprocess
import sys

import pytest

from deepracer_ros.cli.main import main


@pytest.fixture
def log(tmp_path):
    (tmp_path / "logs").mkdir()
    path = tmp_path / "logs" / "reward.log"
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    return path


def test_it_shows_the_last_lines(log, capsys):
    assert main(["logs", "reward", "--run", str(log.parent.parent), "--lines", "2"]) == 0
    assert capsys.readouterr().out == "line 98\nline 99\n"


def test_it_names_the_logs_that_there_are(log, capsys):
    assert main(["logs", "job_7", "--run", str(log.parent.parent)]) == 2
    assert "job_7.log: not found; logs of this run: reward" in capsys.readouterr().err


def test_it_follows_a_log_that_grows_and_is_begun_anew(log):
    command = [sys.executable, "-m", "deepracer_ros.cli.main", "logs", "reward", "--follow", "--lines", "1"]
    command += ["--run", str(log.parent.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "line 99\n"
        with log.open("a") as file:
            file.write("more\n")
        assert process.stdout.readline() == "more\n"
        log.write_text("anew\n")
        assert process.stdout.readline() == "anew\n"
        process.terminate()
