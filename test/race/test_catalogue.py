# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Tracks by name and path, and files that are no routes."""

import io
import pickle

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track, find_tracks, shipped_names, track_names
from deepracer_ros.race.route import read_route, write_route


def route(turns: float = 1.0) -> np.ndarray:
    """A ring of 2 m radius and 0.6 m width; clockwise with -1 turns."""
    angle = np.linspace(0.0, 2.0 * np.pi * turns, 101)
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    unit[-1] = unit[0]
    return np.hstack([2.0 * unit, 1.7 * unit, 2.3 * unit])


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_TRACKS", str(tmp_path / "kept"))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "ring.npy"
    np.save(path, route())
    return path


def test_every_shipped_track_is_found_by_name():
    assert track_names() == shipped_names()
    assert len(shipped_names()) >= 6
    for name in shipped_names():
        assert find_track(name).name == name


def test_a_path_is_a_track_named_after_the_file(file):
    track = find_track(str(file))
    assert track.name == "ring"
    assert track.length == pytest.approx(4.0 * np.pi, rel=1e-3)


def test_a_definition_may_lie_anywhere(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("width: 0.8\nclosed: false\ncorners: [[0, 0], [5, 0]]\n")
    assert find_track(str(path)).length == pytest.approx(5.0)


def test_reversed_names_and_paths(file):
    for name in ("oval", str(file)):
        there, back = find_track(name), find_track(f"{name}-reversed")
        assert back.name == f"{there.name}-reversed"
        assert back.turning == pytest.approx(-there.turning)
        assert find_track(f"{name}-reversed-reversed").name == there.name


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match="track techncal: unknown; perhaps technical; expected .* oval") as error:
        find_track("techncal")
    assert "\n" not in str(error.value)


def test_tracks_of_one_name_get_names_of_their_own(tmp_path, file):
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "ring.npy"
    np.save(other, 0.5 * route())
    names = [str(file), str(other), f"{file}-reversed", f"{other}-reversed", "oval", "oval", "oval-reversed"]
    tracks = find_tracks(names)
    assert [track.name for track in tracks] == [
        "ring", "ring-2", "ring-reversed", "ring-reversed-2", "oval", "oval-2", "oval-reversed",
    ]  # fmt: skip
    assert [round(track.length, 1) for track in tracks[:4]] == [12.6, 6.3, 12.6, 6.3]


def test_an_imported_track_is_found_by_name(tmp_path):
    (tmp_path / "kept").mkdir()
    np.save(tmp_path / "kept" / "home.npy", route())
    assert track_names() == (*shipped_names(), "home")
    assert find_track("home").name == "home"


@pytest.mark.parametrize("turns", [1.0, -1.0])
@pytest.mark.parametrize("rows", [101, 60])
def test_a_route_file_keeps_the_track(tmp_path, turns, rows):
    np.save(tmp_path / "a.npy", route(turns)[:rows])
    track = read_route(tmp_path / "a.npy")
    assert track.closed is (rows == 101)
    write_route(track, tmp_path / "b.npy")
    again = read_route(tmp_path / "b.npy")
    assert again.closed is track.closed
    for array in ("centre", "left", "right"):
        np.testing.assert_array_equal(getattr(again, array), getattr(track, array))
    assert np.load(tmp_path / "b.npy", allow_pickle=False).shape == (rows, 6)


def saved(array: np.ndarray) -> bytes:
    """The bytes of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


class Unpickled:
    """Fails the test if anybody unpickles it."""

    def __reduce__(self):
        return (pytest.fail, ("a route was unpickled",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a numpy array"),
        (b"PK\x03\x04", "not a numpy array"),
        (b"not an array at all", "not a numpy array"),
        (pickle.dumps(Unpickled()), "not a numpy array"),
        (saved(np.array([Unpickled()], dtype=object)), "not a numpy array"),
        (saved(route())[:-8], "not a numpy array"),
        (saved(route())[:20], "not a numpy array"),
        (saved(route()).replace(b"(101, 6)", b"(9999999999, 6)".ljust(8)[:8]), "not a numpy array"),
        (saved(route()).replace(b"'<f8'", b"'<f4'"), "row"),
        (saved(route() + 0j), "complex128"),
        (saved(route()[:, :4]), "shape (101, 4)"),
        (saved(route() * np.nan), "row 0"),
        (saved(np.zeros((200_000, 6))), "bytes"),
        (None, "cannot be read"),
    ],
)
def test_bad_route_files_are_refused_in_one_line(tmp_path, content, words):
    path = tmp_path / "bad.npy"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        find_track(str(path))
    assert words in str(error.value)
    assert "bad" in str(error.value)
    assert "\n" not in str(error.value)


def test_damaged_headers_never_end_in_anything_but_a_line(tmp_path):
    content, path = saved(route()), tmp_path / "bad.npy"
    generator = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(content)
        for place in generator.integers(0, 128, size=generator.integers(1, 4)):
            damaged[place] = generator.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read_route(path)
        except InputError as error:
            assert "\n" not in str(error)
