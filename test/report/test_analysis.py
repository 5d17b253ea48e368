# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""An analysis is one page that needs no network; its numbers are those of the episodes."""

import re

import numpy as np
import pytest

from deepracer_ros.cli.main import main
from deepracer_ros.formats.simtrace import HEADER
from deepracer_ros.formats.traces import COLUMNS, TracedEpisode
from deepracer_ros.report.analysis import FIGURES, quarters, sector_seconds, write_analysis


def episode(iteration, number, end, steps=17, status="off_track"):
    """Return an episode that comes evenly to its end, % of the lap, in (steps - 1) / 15 s."""
    rows = np.zeros((steps, len(COLUMNS)))
    rows[:, COLUMNS.index("progress")] = np.linspace(0.0, end, steps)
    rows[:, COLUMNS.index("tstamp")] = np.arange(steps) / 15
    rows[1:, COLUMNS.index("reward")] = 0.5
    rows[:, 0], rows[:, 4] = np.linspace(0, 3, steps), 2.0
    return TracedEpisode("", iteration, number, "lap_complete" if end == 100.0 else status, rows)


EPISODES = [episode(k // 4, k, 25.0 * (k // 4 + 1)) for k in range(16)]


def test_quarters_by_hand():
    rows = quarters(EPISODES)
    assert [row["mean progress, %"] for row in rows] == [25.0, 50.0, 75.0, 100.0]
    assert [row["laps"] for row in rows] == [0, 0, 0, 4]
    assert rows[3]["laps, %"] == 100.0
    assert rows[3]["best lap, s"] == pytest.approx(16 / 15)
    assert rows[0]["best lap, s"] is None
    assert rows[0]["mean reward"] == 8.0


def test_sector_times_by_hand():
    assert sector_seconds(EPISODES[-1]) == pytest.approx(np.full(8, 2 / 15))


@pytest.mark.parametrize("runs", [{"a": EPISODES}, {"a": EPISODES, "b <c>": EPISODES[:1]}], ids=["one", "two"])
def test_the_page_has_every_figure_in_it(tmp_path, runs):
    page, *pictures = write_analysis(tmp_path, runs)
    assert {path.stem for path in pictures} == set(FIGURES)
    text = page.read_text()
    assert text.count("data:image/png;base64,") == len(FIGURES)
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert ("b &lt;c&gt;" in text) is (len(runs) == 2)
    assert text.count("<tr>") == 1 + 4 * len(runs)


def test_the_command_reads_a_run_and_names_what_has_none(tmp_path, capsys):
    folder = tmp_path / "run" / "deepracer" / "training-simtrace"
    folder.mkdir(parents=True)
    names = HEADER.split(",")
    line = {**dict.fromkeys(names, "0.0"), "episode_status": "lap_complete", "progress": "100.0"}
    (folder / "0-iteration.csv").write_text("\n".join([HEADER, ",".join(line[name] for name in names), ""]))
    assert main(["analyse", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "run: 1 episodes, 1 complete laps, best 0.00 s"
    assert (tmp_path / "run" / "analysis" / "analysis.html").is_file()
    (tmp_path / "none").mkdir()
    assert main(["analyse", str(tmp_path / "none")]) == 2
    assert "none: found no training-simtrace" in capsys.readouterr().err
