# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The pages for people: links lead somewhere, and what they say of the code is there."""

import importlib
import re
from pathlib import Path

import pytest

from deepracer_ros.cli import main as cli
from deepracer_ros.nodes.messages.state import state_type

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def anchors(page):
    """The fragments that a page's headings can be reached by, made as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not re.match(r"https?:", target):
            path, _, fragment = target.partition("#")
            linked = (page.parent / path).resolve() if path else page
            assert linked.exists(), f"{page.name}: {target}"
            assert not fragment or fragment in anchors(linked), f"{page.name}: {target}"


def test_what_is_to_be_copied_and_registered_is_there():
    text = (ROOT / "docs" / "architecture.md").read_text()
    section = text[text.index("## Where to add what") : text.index("## Faults")]
    rows = [row for row in section.splitlines() if row.startswith("| ")]
    assert len(rows) == 10
    for name in re.findall(r"`([\w/]+\.py)", section):
        assert (ROOT / name).exists() or (ROOT / "deepracer_ros" / name).exists(), name
    for registry, module in (
        ("TERMS", "rewards.terms"),
        ("SENSORS", "simulation.sensors"),
        ("LEARNERS", "learning.config"),
        ("RACES", "race.race"),
        ("SINKS", "run.sinks"),
        ("SIMULATORS", "simulation.factory"),
        ("FORMATS", "export.formats"),
    ):
        (row,) = (row for row in rows if f"`{registry}" in row)
        assert f"{module.replace('.', '/')}.py" in row or "there" in row or "same file" in row
        assert getattr(importlib.import_module(f"deepracer_ros.{module}"), registry)
    assert cli.COMMANDS


def test_the_page_on_ros_has_every_field_of_race_state_in_its_order():
    text = (ROOT / "docs" / "ros.md").read_text()
    section = text[text.index("## race/state") : text.index("## Other sensors")]
    cells = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    fields = [re.sub("^term_.*", "term_NAME", name) for name in state_type(("progress",)).names]
    fields = [name for name in fields if name not in {f"curvature_{index}" for index in range(1, 6)}]
    assert named == fields


def test_every_room_is_described():
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text[text.index("## Rooms") : text.index("## Contracts")]
    rooms = {path.parent.name for path in (ROOT / "deepracer_ros").glob("*/__init__.py")}
    assert {room for room in rooms if f"`{room}`" not in table} == set()


def test_what_the_badges_say_is_true():
    badges = re.findall(r"^\[!\[(.+)\]\((\S+)\)\]\(\S+\)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    alone = dict(text.split(": ") for text, _ in badges)
    assert len(badges) == len(alone) == 4
    for text, image in badges:  # the picture has the words of its text
        words = image.rpartition("/")[2].replace("_", " ").replace("--", "-")
        assert words == f"{text.replace(': ', '-')}-blue".replace("Licence", "licence")
    assert f'<license file="LICENSE">{alone["Licence"]}<' in (ROOT / "package.xml").read_text()
    assert f"container: ros:{alone['ROS 2'].lower()}\n" in (ROOT / ".github" / "workflows" / "ros.yml").read_text()
    first, last = (int(version.partition(".")[2]) for version in alone["Python"].split(" to "))
    assert f'python_requires=">=3.{first},<3.{last + 1}"' in (ROOT / "setup.py").read_text()
    assert f"**{alone['REP-2004']}**" in (ROOT / "QUALITY_DECLARATION.md").read_text()
