# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Generated tracks: the same for a seed, of all sizes, wide enough in every turn and beside themselves."""

import hashlib

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.names import expand_tracks
from deepracer_ros.race.catalogue import find_track, find_tracks
from deepracer_ros.race.random_track import BETWEEN, GREATEST_SEED, INSIDE, LENGTHS, WIDTHS, random_track

TRACKS = [random_track(seed) for seed in range(60)]


def crossings(track):
    """Return how often the centre line crosses itself."""
    start, end = track.centre, np.roll(track.centre, -1, axis=0)
    way = end - start

    def side(a, b, c):
        return np.sign((b - a)[..., 0] * (c - a)[..., 1] - (b - a)[..., 1] * (c - a)[..., 0])

    a, b, c, d = start[:, None], end[:, None], start[None], end[None]
    meets = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    assert np.hypot(*way.T).max() < 0.2
    return int(np.triu(meets, 2).sum())


def test_a_seed_always_gives_the_same_track():
    assert np.array_equal(random_track(7).centre, random_track(7).centre)
    text = b"".join(track.centre.round(6).tobytes() for track in TRACKS[:4])
    assert len({hashlib.sha256(track.centre.tobytes()).hexdigest() for track in TRACKS}) == len(TRACKS)
    assert text == b"".join(find_track(f"random:{seed}").centre.round(6).tobytes() for seed in range(4))


def test_widths_and_lengths_fill_their_ranges():
    lengths, widths = ([getattr(track, name) for track in TRACKS] for name in ("length", "width"))
    assert LENGTHS[0] - 0.1 <= min(lengths) < 12.0
    assert 60.0 < max(lengths) <= LENGTHS[1] + 0.1
    assert WIDTHS[0] - 0.02 <= min(widths) < 0.7
    assert 1.15 < max(widths) <= WIDTHS[1] + 0.02


def test_turns_are_wide_enough_for_the_inner_border():
    for track in TRACKS:
        ahead = np.roll(track.centre, -2, axis=0) - track.centre
        behind = track.centre - np.roll(track.centre, 2, axis=0)
        turn = np.abs(np.arctan2(behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0], (ahead * behind).sum(axis=1)))
        radius = 0.5 * (np.hypot(*ahead.T) + np.hypot(*behind.T)) / np.maximum(turn, 1e-9)
        assert radius.min() > 0.5 * track.width + 0.9 * INSIDE, track.name


def test_some_cross_themselves_once_and_the_others_keep_clear():
    found = [crossings(track) for track in TRACKS]
    assert set(found) == {0, 1}
    assert 1 <= sum(found) <= 15
    for track, count in zip(TRACKS, found, strict=True):
        if count:
            continue
        apart = track.width + 0.9 * BETWEEN
        for number in range(0, len(track.centre), 5):
            along = np.abs(track.station[:-1] - track.station[number])
            far = np.minimum(along, track.length - along) > 2.0 * apart
            assert not far.any() or np.hypot(*(track.centre[far] - track.centre[number]).T).min() > apart, track.name


@pytest.mark.parametrize("name", ["random:3-5", f"random:{'9' * 5000}"])
def test_a_range_or_an_endless_number_is_no_single_track(name):
    with pytest.raises(InputError, match="unknown"):
        find_track(name)


def test_they_turn_both_ways():
    turns = []
    for track in TRACKS:
        x, y = track.centre.T
        turns.append(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)))
    assert 10 < sum(turn > 0 for turn in turns) < 50


def test_names_are_found_reversed_and_in_ranges():
    forward, backward = find_tracks(["random:3", "random-3-reversed"])
    assert (forward.name, backward.name) == ("random-3", "random-3-reversed")
    assert np.array_equal(forward.centre, backward.centre[::-1]) or backward.is_reversed
    assert expand_tracks(["oval", "random:8-10", "random:2-3-reversed"]) == (
        "oval", "random:8", "random:9", "random:10", "random:2-reversed", "random:3-reversed",
    )  # fmt: skip
    assert [track.name for track in find_tracks(["random:8-10"])] == ["random-8", "random-9", "random-10"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"random:{GREATEST_SEED + 1}", "expected a seed from 0 to 2147483647"),
        ("random:5-2", "expected random:A-B with 1 to 1000 seeds from A to B"),
        ("random:0-1000", "expected random:A-B with 1 to 1000 seeds"),
        ("random:", "unknown"),
        ("random:x", "random:SEED"),
    ],
)
def test_what_is_no_seed_is_one_line(name, words):
    with pytest.raises(InputError) as caught:
        find_tracks([name])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
