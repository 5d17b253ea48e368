# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Names of runs, which are used as folder names, Redis keys and S3 prefixes, and of generated tracks."""

import re
from collections.abc import Iterable, Sequence

from deepracer_ros.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_OTHERS = re.compile(r"[^A-Za-z0-9._+-]+")

REVERSED = "-reversed"
"""Ending of the name of a track that is driven in the opposite direction."""
LATEST = "latest"
"""Name of the symbolic link to the newest run folder; no run may have this name."""

MODEL_FOLDER = "model"
"""Name of the folder with the final policy inside a run folder."""


RANDOM_TRACKS = re.compile(r"random[:-](?P<first>[0-9]{1,10})(-(?P<last>[0-9]{1,10}))?")
"""Names of tracks that are generated from a seed, or from each seed of a range."""
LONGEST_LABEL = 60
"""Longest file name that is made of the names of tracks, characters."""
MOST_RANDOM_TRACKS = 1000
"""Greatest number of tracks in a range of seeds."""


def expand_tracks(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of tracks with each range of generated tracks, `random:A-B`, replaced by its tracks.

    Raises:
        ValueError: if a range is empty or has more than `MOST_RANDOM_TRACKS`.
    """
    expanded: list[str] = []
    for name in names:
        bare, ending = name.removesuffix(REVERSED), name[len(name.removesuffix(REVERSED)) :]
        found = RANDOM_TRACKS.fullmatch(bare)
        if found is None or found["last"] is None:
            expanded.append(name)
            continue
        first, last = int(found["first"]), int(found["last"])
        if not 0 <= last - first < MOST_RANDOM_TRACKS:
            raise ValueError(f"track {bare}: expected random:A-B with 1 to {MOST_RANDOM_TRACKS} seeds from A to B")
        expanded += [f"random:{seed}{ending}" for seed in range(first, last + 1)]
    return tuple(expanded)


def check_run_name(name: str) -> str:
    """Check the name of a run and return it.

    Raises:
        InputError: if the name is not 1 to 128 letters, digits and . _ + -, a letter or digit first, or is `LATEST`.
    """
    if not _NAME.fullmatch(name) or name == LATEST:
        raise InputError(f"run name: found {name!r}, expected letters, digits and . _ + -, other than {LATEST!r}")
    return name


def name_of_tracks(names: Sequence[str]) -> str:
    """Return a file name for several tracks: their names, or for long ones the first with the number of the others."""
    joined = to_file_name("-".join(names))
    if len(joined) <= LONGEST_LABEL:
        return joined
    return f"{to_file_name(names[0])[:LONGEST_LABEL]}-and-{len(names) - 1}-more"


def to_file_name(text: str) -> str:
    """Return a text with `-` for each run of characters other than letters, digits and . _ + -, for a file name."""
    return _OTHERS.sub("-", text).strip("-.")
