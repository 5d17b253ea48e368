"""Gazebo worlds: what was committed is what the definitions give, and a parser accepts it."""

import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track, shipped_names
from deepracer_ros.share import share_directory
from deepracer_ros.worlds.world import WorldConfig, place_obstacles, write_world

WORLDS = share_directory() / "worlds"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    for name in shipped_names():
        write_world(find_track(name), folder)
    return folder


@pytest.fixture(scope="module")
def full_world(tmp_path_factory):
    config = WorldConfig(barriers=True, obstacles=4, lamps=2)
    return write_world(find_track("hairpin"), tmp_path_factory.mktemp("full"), config)


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


def test_obstacles_stand_on_the_road_and_leave_room():
    track = find_track("technical")
    boxes = place_obstacles(track, 6)
    found = track.project([(box.x, box.y) for box in boxes])
    np.testing.assert_allclose(np.abs(found.offset), 0.19, atol=0.005)
    assert (np.sign(found.offset) == [1, -1, 1, -1, 1, -1]).all()
    np.testing.assert_allclose(np.diff(found.station), track.length / 6, atol=0.05)


@pytest.mark.parametrize("option", [{"obstacles": -1}, {"lamps": 101}, {"physics_steps": 0}, {"barrier_height": -1.0}])
def test_options_out_of_range(option):
    with pytest.raises(InputError, match=f"worlds: {next(iter(option))}"):
        from_mapping(WorldConfig, option, "worlds")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(InputError, match=r"models/oval: cannot be written"):
        write_world(find_track("oval"), tmp_path)


@pytest.mark.skipif(not shutil.which("ign"), reason="no `ign` (Debian: ignition-tools sdformat-sdf libsdformat-dev)")
def test_the_parser_accepts_every_world(full_world):
    for world in [*sorted(WORLDS.glob("*.world")), full_world]:
        check = subprocess.run(["ign", "sdf", "-k", world], capture_output=True, text=True, timeout=20, check=False)
        assert check.stdout.strip() == "Valid."
        assert "Error" not in check.stderr
