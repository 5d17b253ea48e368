# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Makes CHANGELOG.rst, the form that bloom reads (REP 132), of CHANGELOG.md: `make changelog`."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = f"""{"^" * 35}
Changelog for package deepracer_ros
{"^" * 35}

.. Made by `make changelog` of CHANGELOG.md; change that file."""


def markup(line: str) -> str:
    """Return a line's Markdown as reStructuredText: code and links. Other marks are escaped.

    Raises:
        ValueError: A code span does not end on its line.
    """
    if line.count("`") % 2:
        raise ValueError(f"CHANGELOG.md: a code span must begin and end on one line: {line!r}")
    parts = re.split(r"(`[^`]+`|\[[^\]]+\]\([^)]+\))", line)
    for index, part in enumerate(parts):
        if part.startswith("`"):
            parts[index] = f"`{part}`"
        elif link := re.fullmatch(r"\[(.+)\]\((.+)\)", part):
            parts[index] = f"`{link[1]} <{link[2]}>`__"
        else:
            parts[index] = re.sub(r"([*_|\\])", r"\\\1", part)
    return "".join(parts)


def rst(markdown: str) -> str:
    """Return the whole page; what stands above the first version is about the form of CHANGELOG.md and left out.

    Raises:
        ValueError: A heading is neither `[Unreleased]` nor `[1.2.3] - 2026-12-31`.
    """
    pages = [HEAD]
    for line in markdown[markdown.index("\n## ") :].splitlines():
        if line.startswith("## "):
            match = re.fullmatch(r"## \[(?:(Unreleased)\]|(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d))", line)
            if not match:
                raise ValueError(f"CHANGELOG.md: {line!r} is neither `## [Unreleased]` nor `## [1.2.3] - 2026-12-31`")
            title = "Forthcoming" if match[1] else f"{match[2]} ({match[3]})"
            pages += [*[""] * bool(pages[-1]), title, "-" * len(title), ""]
        elif line.startswith("### "):
            pages += [*[""] * bool(pages[-1]), f"* {line[4:]}", ""]
        elif line.startswith("- "):
            pages.append(f"  * {markup(line[2:])}")
        elif line.strip():
            pages.append(f"    {markup(line.strip())}")
        elif pages[-1]:
            pages.append("")
    return "\n".join(pages).rstrip() + "\n"


if __name__ == "__main__":
    (ROOT / "CHANGELOG.rst").write_text(rst((ROOT / "CHANGELOG.md").read_text()))
