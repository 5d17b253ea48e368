# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import pytest

from deepracer_ros.cli.main import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Every path of these tests is relative to an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_generalist_becomes_an_archive_that_passes_its_check(here, capsys):
    assert main(["export", "generalist"]) == 0
    assert capsys.readouterr().out.startswith("generalist.tar.gz: on 200 frames at most")
    assert main(["export", "--check", "generalist.tar.gz"]) == 0
    assert main(["export", "generalist", "--check", "generalist.tar.gz"]) == 0
    assert [path.name for path in here.iterdir()] == ["generalist.tar.gz"]
    assert main(["export", "generalist", "--format", "onnx", "--output", "it.onnx"]) == 0
    assert (here / "it.onnx").stat().st_size > 100_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent"], "absent: found no absent"),
        ([], "runs/latest: found no runs/latest"),
        (["generalist", "--output", "a.b.tar.gz"], "a.b.tar.gz: found the name"),
        (["generalist", "--output", "absent/a.tar.gz"], "absent/a.tar.gz"),
        (["--check", "absent.tar.gz"], "absent.tar.gz: cannot be read (No such file or directory)"),
        (["--check", "a.tar.gz", "--output", "b.tar.gz"], "--check: found --output"),
        (["generalist", "--format", "pb"], "--format"),
    ],
)
def test_mistakes_get_one_line_and_leave_nothing(here, capsys, arguments, words):
    assert main(["export", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert not list(here.iterdir())
