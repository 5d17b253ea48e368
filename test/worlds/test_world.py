# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Gazebo worlds: what was committed is what the definitions give, and a parser accepts it."""

import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track, shipped_names
from deepracer_ros.race.config import ObstaclesConfig
from deepracer_ros.race.obstacle import place_obstacles, shape_of
from deepracer_ros.share import share_directory
from deepracer_ros.worlds.config import WorldConfig
from deepracer_ros.worlds.world import write_world

WORLDS = share_directory() / "worlds"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    for name in shipped_names():
        write_world(find_track(name), folder)
    return folder


@pytest.fixture(scope="module")
def full_world(tmp_path_factory):
    config = WorldConfig(barriers=True, lamps=2)
    return write_world(find_track("hairpin"), tmp_path_factory.mktemp("full"), config, ObstaclesConfig(count=4))


def test_committed_worlds_are_those_of_the_definitions(written):
    fresh = {path.relative_to(written) for path in written.rglob("*") if path.is_file()}
    committed = {path.relative_to(WORLDS) for path in WORLDS.rglob("*") if path.is_file()}
    assert fresh == {path for path in committed if path.parts[0] != "tracks"}
    for path in fresh:
        if path.suffix != ".png":
            assert (written / path).read_text() == (WORLDS / path).read_text(), f"{path}: run `deepracer tracks build`"


def test_committed_pictures_are_those_of_the_definitions(written):
    """By pixels: another version of OpenCV may draw an edge a shade lighter and packs the file otherwise."""
    for name in shipped_names():
        picture = f"models/{name}/{name}.png"
        fresh, committed = (cv2.imread(str(folder / picture)).astype(int) for folder in (written, WORLDS))
        assert fresh.shape == committed.shape
        assert (np.abs(fresh - committed).max(axis=2) > 8).mean() < 1e-3
        assert (WORLDS / picture).stat().st_size < 200_000


def test_the_same_track_gives_the_same_bytes(written, tmp_path):
    write_world(find_track("technical"), tmp_path)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert path.read_bytes() == (written / path.relative_to(tmp_path)).read_bytes()


def test_control_periods_are_whole_physics_steps():
    """In whole nanoseconds, and a frame of a 15 Hz camera is due at the last of them, not one later."""
    for steps in (10, 20, 40):
        nanoseconds = round(WorldConfig(physics_steps=steps).step_size * 1e9)
        assert 0 <= nanoseconds * steps - 1e9 / 15 < steps
        assert nanoseconds * (steps - 1) < 1e9 / 15


def test_what_a_world_holds(full_world):
    world = ElementTree.parse(full_world).find("world")
    assert world.get("name") == "hairpin"
    assert world.findtext("physics/max_step_size") == "0.003333334"
    assert world.findtext("scene/shadows") == "0"
    assert [light.get("name") for light in world.iter("light")] == ["sun", "lamp_0", "lamp_1"]
    assert {light.findtext("cast_shadows") for light in world.iter("light")} == {"false"}
    models = [model.get("name") for model in world.iter("model")]
    assert models == ["track", "barrier", "obstacle_0", "obstacle_1", "obstacle_2", "obstacle_3"]
    for uri in world.iter("uri"):
        path = full_world.parent / "models" / uri.text.removeprefix("model://")
        assert path.is_file()
        for line in path.read_text().splitlines():
            if line.startswith("mtllib "):
                assert (path.parent / line.split()[1]).is_file()


def test_the_mesh_lays_the_picture_where_the_track_is(written):
    """The corners of the picture's quadrangle, and which way up it lies."""
    lines = (written / "models/hairpin/hairpin.obj").read_text().splitlines()
    vertices = [tuple(map(float, line.split()[1:])) for line in lines if line.startswith("v ")]
    uvs = [tuple(map(float, line.split()[1:])) for line in lines if line.startswith("vt ")]
    corners = [corner.split("/") for line in lines if line.startswith("f ") for corner in line.split()[1:]]
    placed = {uvs[int(uv) - 1]: vertices[int(vertex) - 1][:2] for vertex, uv, _ in corners if int(uv) != 5}
    track, picture = find_track("hairpin"), cv2.imread(str(written / "models/hairpin/hairpin.png"))
    low, high = np.array(placed[0.0, 0.0]), np.array(placed[1.0, 1.0])
    assert placed[1.0, 0.0] == (high[0], low[1])
    np.testing.assert_allclose((high - low) / 0.01, picture.shape[1::-1])
    # An OBJ's v grows upwards, a picture's rows downwards. 0.1 m inside the left border is road, 0.1 m outside ground.
    for station in (0.0, 5.0, 9.0):
        for offset, grey in ((0.3, True), (0.5, False)):
            x, y, _ = track.pose_at(station, offset)[0]
            column, row = int((x - low[0]) / 0.01), int((high[1] - y) / 0.01)
            blue, green, red = picture[row, column].astype(int)
            assert bool(abs(green - red) < 10) is grey, (station, offset, blue, green, red)


@pytest.mark.parametrize("kind", ["box", "car"])
def test_the_objects_are_those_of_the_race(tmp_path, kind):
    """Where `place_obstacles` says, as large and of the colour that `shape_of` says."""
    track, config, shape = (
        find_track("technical"),
        ObstaclesConfig(count=3, kind=kind, lane=(0.5, 0.0, -1.0)),
        shape_of(kind),
    )
    world = ElementTree.parse(write_world(track, tmp_path, None, config)).find("world")
    models = [model for model in world.iter("model") if model.get("name").startswith("obstacle_")]
    assert len(models) == 3
    for model, (x, y, yaw) in zip(models, place_obstacles(track, config, None), strict=True):
        pose = [float(word) for word in model.findtext("pose").split()]
        np.testing.assert_allclose(pose, [x, y, shape.height / 2.0, 0.0, 0.0, yaw], atol=1e-4)
        for part in ("collision", "visual"):
            size = [float(word) for word in model.findtext(f"link/{part}/geometry/box/size").split()]
            np.testing.assert_allclose(size, [shape.length, shape.width, shape.height], rtol=1e-5)
        colour = [255.0 * float(word) for word in model.findtext("link/visual/material/diffuse").split()]
        np.testing.assert_allclose(colour[:3], shape.colour, atol=0.2)


def test_random_places_are_the_same_in_every_file(tmp_path):
    config = ObstaclesConfig(count=3, random=True)
    first, second = (write_world(find_track("oval"), tmp_path / name, None, config).read_text() for name in "ab")
    assert first == second
    assert first != write_world(find_track("oval"), tmp_path / "c", None, ObstaclesConfig(count=3)).read_text()


@pytest.mark.parametrize("option", [{"lamps": 101}, {"physics_steps": 0}, {"barrier_height": -1.0}])
def test_options_out_of_range(option):
    with pytest.raises(InputError, match=f"worlds: {next(iter(option))}"):
        from_mapping(WorldConfig, option, "worlds")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(InputError, match=r"models: cannot be written"):
        write_world(find_track("oval"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def contents(folder):
    """Return what readers find: the files of a world, and of its models, by path; hidden ones are nobody's."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = [path.relative_to(folder) for path in files]
    return {str(name): (folder / name).read_bytes() for name in names if not any(p.startswith(".") for p in name.parts)}


SMALL = WorldConfig(metres_per_pixel=0.05)
WALLED = WorldConfig(metres_per_pixel=0.05, barriers=True)

WRITER = """
import os, shutil, signal, sys
from pathlib import Path
import cv2
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.worlds.config import WorldConfig
from deepracer_ros.worlds.world import write_world

cv2.setNumThreads(1)  # a forked child has no other threads
base, track, config = Path(sys.argv[1]), find_track("oval"), WorldConfig(metres_per_pixel=0.05)
write_world(track, base / "warm", config)

def dying(call):
    def counted(*arguments, **options):
        global calls
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        calls += 1
        return call(*arguments, **options)
    return counted

for deadly in range(40):
    folder = base / str(deadly)
    shutil.copytree(base / "before", folder)
    child = os.fork()
    if child == 0:
        calls = 0
        for name in ("replace", "mkdir", "unlink", "open"):
            setattr(os, name, dying(getattr(os, name)))
        write_world(track, folder, config)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(code)
    if code == 0:
        break
"""


def test_a_writer_that_is_killed_leaves_no_half_written_world(tmp_path):
    """Killed before each of the calls that change the folder: whoever finds a world file finds all that it shows."""
    write_world(find_track("oval"), tmp_path / "before", WALLED)
    write_world(find_track("oval"), tmp_path / "after", SMALL)
    old, new = contents(tmp_path / "before"), contents(tmp_path / "after")
    done = subprocess.run([sys.executable, "-c", WRITER, tmp_path], capture_output=True, timeout=60, check=True)
    codes = [int(code) for code in done.stdout.split()]
    assert codes == [-signal.SIGKILL] * (len(codes) - 1) + [0]
    assert len(codes) >= 6
    found = []
    for deadly in range(len(codes)):
        left = contents(tmp_path / str(deadly))
        found.append(["old", "new"][[old, new].index(left)] if "oval.world" in left else "none")
    assert found == sorted(found, key=["old", "none", "new"].index)
    assert set(found) == {"old", "none", "new"}
    # The next writer cleans up: nothing hidden is left.
    for deadly in range(len(codes)):
        write_world(find_track("oval"), tmp_path / str(deadly), SMALL)
        assert list((tmp_path / str(deadly)).rglob(".*")) == []
        assert contents(tmp_path / str(deadly)) == new


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_full_disk_leaves_the_old_world(tmp_path, monkeypatch, failing):
    write_world(find_track("oval"), tmp_path, WALLED)
    old, rename, calls = contents(tmp_path), os.replace, []

    def full(source, target):
        calls.append(target)
        if len(calls) == failing:
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        write_world(find_track("oval"), tmp_path, SMALL)
    assert contents(tmp_path) == old


@pytest.mark.skipif(not shutil.which("ign"), reason="no `ign` (Debian: ignition-tools sdformat-sdf libsdformat-dev)")
def test_the_parser_accepts_every_world(full_world):
    for world in [*sorted(WORLDS.glob("*.world")), full_world]:
        check = subprocess.run(["ign", "sdf", "-k", world], capture_output=True, text=True, timeout=20, check=False)
        assert check.stdout.strip() == "Valid."
        assert "Error" not in check.stderr
