# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Imports of routes: found by name afterwards, and nothing left behind by a bad one."""

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track, imported_folder, shipped_names, track_names
from deepracer_ros.worlds.importing import import_track


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_TRACKS", str(tmp_path / "kept"))


@pytest.fixture
def file(tmp_path):
    """A ring of 2 m radius and 0.6 m width."""
    angle = np.linspace(0.0, 2.0 * np.pi, 101)
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    unit[-1] = unit[0]
    path = tmp_path / "ring.npy"
    np.save(path, np.hstack([2.0 * unit, 1.7 * unit, 2.3 * unit]))
    return path


def test_import_is_found_by_name(file):
    track, kept, world = import_track(file, "home")
    assert track.name == "home"
    assert kept == imported_folder() / "home.npy"
    assert world == imported_folder() / "worlds" / "home.world"
    assert world.is_file()
    assert (imported_folder() / "worlds/models/home/home.png").is_file()
    file.unlink()
    np.testing.assert_allclose(find_track("home").centre, track.centre)
    assert track_names() == (*shipped_names(), "home")
    assert sorted(path.name for path in imported_folder().iterdir()) == ["home.npy", "worlds"]


@pytest.mark.parametrize("name", ["../up", "", "a b", "oval", "x-reversed", ".hidden", "x" * 65])
def test_names_that_cannot_be_used(file, name):
    with pytest.raises(InputError, match="track name"):
        import_track(file, name)
    assert not imported_folder().exists()


def test_a_bad_route_is_not_imported(tmp_path):
    path = tmp_path / "bad.npy"
    path.write_bytes(b"not an array at all")
    with pytest.raises(InputError, match="bad.npy: is not a numpy array"):
        import_track(path)
    assert not imported_folder().exists()
