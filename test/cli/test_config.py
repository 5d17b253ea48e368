# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer config`: what it lists, and that the committed reference is what it writes."""

from dataclasses import make_dataclass
from pathlib import Path

import pytest

from deepracer_ros.cli import config
from deepracer_ros.cli import main as cli
from deepracer_ros.config import Section, key
from deepracer_ros.learning.config import LEARNERS, LearnerEntry

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_reference_is_the_generated_one():
    committed = (ROOT / config.REFERENCE).read_text()
    assert committed == config.markdown(), "write it anew: deepracer config --markdown"


def test_a_section_is_listed_with_default_range_unit_and_meaning(capsys):
    assert cli.main(["config", "referee.start.heading"]) == 0
    assert capsys.readouterr().out == (
        "# referee.start: Start positions and driving directions of episodes.\n"
        "referee.start.heading_noise = 0.15\n"
        "    Largest deviation of a start from the track's direction. (number, 0 to 3.1416 rad)\n\n"
    )


def test_the_keys_of_every_learner_are_listed(capsys, monkeypatch):
    other = make_dataclass("Other", [("rate", float, key(0.5, "Step size.", above=0))], bases=(Section,), frozen=True)
    other.__doc__ = "Hyperparameters of another learner."
    monkeypatch.setitem(LEARNERS, "other", LearnerEntry(other, "nowhere:make"))
    assert cli.main(["config", "learning"]) == 0
    out = capsys.readouterr().out
    assert "learning.epochs = 3\n" in out
    assert "# learning: Hyperparameters of another learner. These keys belong to `learner: other`.\n" in out
    assert "learning.rate = 0.5\n    Step size. (number, above 0)\n" in out


def test_a_prefix_that_no_key_has_is_named(capsys):
    assert cli.main(["config", "refree"]) == 2
    assert capsys.readouterr().err == (
        "deepracer: refree: found no key with this prefix; perhaps 'referee'; `deepracer config` lists all keys\n"
    )


def test_the_reference_goes_where_it_is_asked_for(tmp_path, capsys):
    path = tmp_path / "reference.md"
    assert cli.main(["config", "--markdown", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    text = path.read_text()
    assert "| `referee.start.advance` | `0.05` | number, 0 to 1 | " in text
    assert "grey \\| rgb" in text  # a bar would end the cell
    assert cli.main(["config", "--markdown", str(tmp_path / "absent" / "x.md")]) == 2


def test_help_points_to_the_list_of_keys(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    assert "`deepracer config` lists every key" in capsys.readouterr().out
