# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The Simulator protocol over a real gzserver."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig
from deepracer_ros.race.obstacle import shape_of
from deepracer_ros.race.status import Status
from deepracer_ros.simulation.config import CameraConfig, DynamicsConfig, EnvironmentConfig, SimulationConfig
from deepracer_ros.simulation.embedded import EmbeddedSimulator
from deepracer_ros.simulation.factory import make_environment, make_evaluation
from deepracer_ros.simulation.gazebo import installation, sandbox, wire
from deepracer_ros.simulation.gazebo.config import GazeboConfig
from deepracer_ros.simulation.gazebo.simulator import GazeboSimulator
from deepracer_ros.simulation.sensors import CAMERA

pytestmark = pytest.mark.gazebo

OVAL = find_track("oval")
SMALL = CameraConfig(80, 60)


HANGS = ["sh", "-c", "sleep 1000"]
"""Command of a server that never loads its world, as gzserver does once in some hundred starts."""


@pytest.fixture
def hanging(monkeypatch):
    """Let the first servers hang; return the list of the commands that were started."""
    started, real = [], sandbox.start

    def patch(count):
        def start(root, command, **options):
            started.append(command)
            return real(root, HANGS if len(started) <= count else command, **options)

        monkeypatch.setattr(sandbox, "start", start)
        return started

    return patch


def test_a_server_that_hangs_while_it_starts_is_replaced(hanging):
    started = hanging(1)
    simulator = GazeboSimulator([OVAL], [0], SMALL, config=GazeboConfig(start_timeout=24.0))
    try:
        _, states = simulator.reset(np.ones(1, bool), start_poses(1.0))
        assert states.x == pytest.approx(start_poses(1.0)[0, :1])
        assert len(started) == 2
    finally:
        simulator.close()


def test_servers_that_all_hang_are_one_line_after_the_time_limit(hanging):
    started = hanging(3)
    with pytest.raises(InputError, match=r"gzserver: its world was not loaded after 1 s \(its log is empty\)"):
        GazeboSimulator([OVAL], [0], SMALL, config=GazeboConfig(start_timeout=1.0))
    assert len(started) == 3


def start_poses(*stations):
    return OVAL.pose_at(np.array(stations), np.zeros(len(stations)))


@pytest.fixture(scope="module")
def pair():
    """Two cars that pass through each other, and what their first frames were."""
    simulator = GazeboSimulator([OVAL], [0, 0], SMALL)
    yield simulator
    simulator.close()


def test_a_reset_puts_cars_at_rest_on_their_poses_and_lets_no_time_pass(pair):
    poses = np.array([[1.0, 2.0, -3.0], [0.5, 0.0, 3.5]])
    _, states = pair.reset(np.ones(2, bool), poses)
    assert states.x == pytest.approx(poses[:, 0])
    assert states.y == pytest.approx(poses[:, 1])
    assert states.yaw == pytest.approx([-3.0, 3.5 - 2.0 * np.pi])
    for still in (states.speed, states.lateral_speed, states.yaw_rate, states.steering):
        assert still.tolist() == [0.0, 0.0]


def test_a_car_that_is_not_reset_stays_as_it_is_and_drives_on(pair):
    pair.reset(np.ones(2, bool), start_poses(0.0, 3.0))
    for _ in range(10):
        observations, states = pair.step(np.full(2, 0.1), np.full(2, 1.0))
    before, seen = (
        [getattr(states, name)[0] for name in ("x", "y", "yaw", "speed", "yaw_rate")],
        observations[CAMERA][0].copy(),
    )
    observations, states = pair.reset(np.array([False, True]), start_poses(0.0, 5.0))
    assert [getattr(states, name)[0] for name in ("x", "y", "yaw", "speed", "yaw_rate")] == before
    assert (observations[CAMERA][0] == seen).all()
    _, states = pair.step(np.full(2, 0.1), np.full(2, 1.0))
    assert states.speed[0] == pytest.approx(1.0, abs=0.02)
    assert states.speed[1] < 0.5


def test_a_car_goes_as_fast_as_it_is_told_and_where_it_is_steered(pair):
    pair.reset(np.ones(2, bool), np.zeros((2, 3)))
    for _ in range(30):
        _, states = pair.step(np.array([0.0, -0.2]), np.array([2.0, 0.5]))
    assert states.speed == pytest.approx([2.0, 0.5], abs=0.01)
    assert states.yaw_rate == pytest.approx([0.0, -0.5 * np.tan(0.2) / 0.163974], abs=0.02)
    assert states.steering == pytest.approx([0.0, -0.2], abs=1e-4)
    assert states.y[0] == pytest.approx(0.0, abs=1e-4)


def test_nothing_of_an_episode_is_left_in_the_next(pair):
    ends = []
    for _ in range(2):
        observations, states = pair.reset(np.ones(2, bool), start_poses(0.0, 3.0))
        for step in range(20):
            observations, states = pair.step(np.full(2, 0.3 * np.sin(step)), np.full(2, 2.0))
        ends.append((observations[CAMERA].copy(), np.stack([states.x, states.y, states.yaw, states.steering])))
    assert (ends[0][0] == ends[1][0]).all()
    assert ends[0][1] == pytest.approx(ends[1][1], abs=1e-9)


def test_commands_are_limited_to_what_the_car_can_do(pair):
    pair.reset(np.ones(2, bool), np.zeros((2, 3)))
    for _ in range(30):
        _, states = pair.step(np.array([2.0, 0.0]), np.array([0.3, 100.0]))
    assert states.steering[0] == pytest.approx(np.pi / 6.0, abs=1e-3)
    assert states.speed[1] == pytest.approx(4.0, abs=0.02)
    with pytest.raises(ValueError, match="not finite"):
        pair.step(np.array([np.nan, 0.0]), np.zeros(2))


def test_the_motors_cannot_do_more_than_their_torque(pair):
    pair.reset(np.ones(2, bool), np.zeros((2, 3)))
    _, states = pair.step(np.zeros(2), np.full(2, 4.0))
    # 4 x 0.1 N m / 0.035 m / 2.176 kg = 5.25 m/s2, of which the turning wheels take 4 %
    assert 0.85 * 5.25 / 15.0 < states.speed[0] <= 5.25 / 15.0


def test_cars_pass_through_each_other(pair):
    pair.reset(np.ones(2, bool), np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0]]))
    for _ in range(30):
        _, states = pair.step(np.zeros(2), np.array([1.0, 0.0]))
    assert states.x[0] > 1.5
    assert states.x[1] == pytest.approx(0.5, abs=1e-3)


def test_the_camera_sees_the_road(pair):
    observations, _ = pair.reset(np.ones(2, bool), start_poses(0.0, 3.0))
    frames, images = observations[CAMERA], pair.images.astype(float)
    assert frames.dtype == np.uint8
    grey = images @ [0.299, 0.587, 0.114]
    assert np.abs(frames - grey).max() <= 1.0
    assert frames[0, 0].std() < 1.0  # sky
    road = images[0, 45:, 20:30].mean(axis=(0, 1))
    assert np.ptp(road) < 20.0  # asphalt
    yellow = (images[0] @ [1.0, 1.0, -2.0]).max()
    assert yellow > 150.0  # the dashed centre line


def test_a_client_that_dies_leaves_a_world_for_the_next(pair):
    connection = pair._worlds[0].server.connection
    address = connection._stream.getpeername()
    connection._stream.close()
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(5.0)
        stream.connect(address)
        stream.sendall(wire.HEADER.pack(wire.MAGIC, 99, wire.HELLO, 2, 0))
        *_, length = wire.HEADER.unpack(stream.recv(16))
        assert stream.recv(length) == f"found version 99, expected {wire.VERSION}".encode()
        assert stream.recv(1) == b""
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(5.0)
        stream.connect(address)
        stream.sendall(b"half a hea")
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(5.0)
    stream.connect(address)
    following = wire.Connection(stream, 2)
    assert following.receive_greeting() == (60, 80, 3)
    pair._worlds[0].server.connection = following
    pair._worlds[0].server._stream = stream
    _, states = pair.reset(np.ones(2, bool), start_poses(0.0, 3.0))
    assert states.speed.tolist() == [0.0, 0.0]


def test_a_pose_that_is_not_finite_is_refused_and_not_driven(pair):
    with pytest.raises(InputError, match="found a pose that is not finite"):
        pair.reset(np.ones(2, bool), np.full((2, 3), np.nan))


def drive(seed):
    simulator = GazeboSimulator([OVAL], [0, 0], SMALL, seed=seed)
    try:
        random = np.random.default_rng(seed)
        seen = [simulator.reset(np.ones(2, bool), start_poses(0.0, 3.0))[0][CAMERA].reshape(-1).copy()]
        poses = []
        for step in range(100):
            observations, states = simulator.step(random.uniform(-0.1, 0.1, 2), random.uniform(0.5, 1.5, 2))
            if step == 40:
                observations, states = simulator.reset(np.array([True, False]), start_poses(1.0, 0.0))
            seen.append(observations[CAMERA].reshape(-1).copy())
            poses.append(np.stack([states.x, states.y, states.yaw, states.speed, states.yaw_rate]))
        return np.array(seen), np.array(poses)
    finally:
        simulator.close()


def test_two_runs_with_one_seed_are_equal_to_the_bit():
    (first_frames, first_poses), (second_frames, second_poses) = drive(7), drive(7)
    assert first_poses.tobytes() == second_poses.tobytes()
    assert first_frames.tobytes() == second_frames.tobytes()
    assert len(np.unique(first_frames, axis=0)) > 60


def test_racing_cars_see_and_touch_each_other_and_obstacles():
    box = np.broadcast_to([2.5, 0.0, 0.0], (2, 1, 3))
    simulator = GazeboSimulator([OVAL], [0, 0], CameraConfig(80, 60, "rgb"), objects=box, cars_per_heat=2)
    try:
        poses = np.array([[0.0, 0.0, 0.0], [0.6, 0.0, 0.0]])
        observations, _ = simulator.reset(np.ones(2, bool), poses)
        behind, before = observations[CAMERA]
        # The box 1.6 m ahead of the second camera: cardboard, in the shade but for what it gives off.
        np.testing.assert_allclose(before[8:17, 32:48].reshape(-1, 3), [np.array([176, 132, 84]) * 0.71] * 144, atol=4)
        rear = behind[20:34, 28:52].reshape(-1, 3).mean(axis=0)
        assert rear[2] > 1.5 * rear[0]  # of a blue car
        for _ in range(30):
            _, states = simulator.step(np.zeros(2), np.array([1.0, 0.0]))
        assert states.x[1] - states.x[0] > 0.25
        assert states.x[1] > 0.7
    finally:
        simulator.close()


def test_every_track_has_its_own_server():
    tracks = [OVAL, find_track("hairpin")]
    simulator = GazeboSimulator(tracks, [1, 0, 1], SMALL)
    try:
        poses = np.concatenate([tracks[k].pose_at(np.array([1.0]), np.zeros(1)) for k in (1, 0, 1)])
        observations, states = simulator.reset(np.ones(3, bool), poses)
        assert states.x == pytest.approx(poses[:, 0])
        frames = observations[CAMERA]
        assert (frames[0] == frames[2]).all()
        assert (frames[0] != frames[1]).any()
    finally:
        simulator.close()


def race_config(count, kind, **places):
    obstacles = ObstaclesConfig(count=count, kind=kind, **places)
    return EnvironmentConfig(
        simulation=SimulationConfig(simulator="gazebo"),
        camera=CameraConfig(80, 60, "rgb"),
        race=RaceConfig("object_avoidance", obstacles=obstacles),
    )


@pytest.mark.parametrize("kind", ["box", "car"])
def test_the_objects_of_a_race_stand_on_the_road_are_seen_and_stop_a_car(kind):
    """An object 0.97 m ahead of the start on the centre line: the camera sees its colour, the car runs into it."""
    environment = make_evaluation(race_config(1, kind, progress=(6.3,), lane=(0.0,)), ["oval"], 1)
    try:
        outcome = environment.reset()
        assert environment.objects.shape == (1, 1, 3)
        shape = shape_of(kind)
        x, y, _ = environment.objects[0, 0]
        ahead = np.hypot(x - outcome.states.x[0], y - outcome.states.y[0])
        assert ahead == pytest.approx(0.063 * OVAL.length, abs=0.02)
        middle = outcome.frames[0, 26:46, 36:44].reshape(-1, 3).astype(float)
        expected = np.array(shape.colour) / np.linalg.norm(shape.colour)
        likeness = middle @ expected / np.linalg.norm(middle, axis=1)
        assert likeness.max() > 0.98
        for _ in range(30):
            outcome = environment.step(np.zeros(1), np.ones(1))
            if outcome.verdict.ended[0]:
                break
        assert Status(outcome.verdict.status[0]) == Status.CRASHED
        # Its bumper, 0.16 m ahead of base_link, has come to the face of the object and not into it.
        gap = np.hypot(x - outcome.states.x[0], y - outcome.states.y[0]) - shape.length / 2.0 - 0.16
        assert gap == pytest.approx(0.0, abs=0.07)
    finally:
        environment.close()


@pytest.mark.parametrize("kind", ["box", "car"])
def test_objects_look_as_in_the_embedded_simulator(kind):
    """From eight sides, 1.2 m away: the same pixels but for the rim, as bright within 20 % of their colour."""
    shape, angle = shape_of(kind), np.arange(8) * np.pi / 4.0
    objects = np.broadcast_to([3.0, -3.0, 0.0], (8, 1, 3)).copy()
    poses = np.stack([3.0 - 1.2 * np.cos(angle), -3.0 - 1.2 * np.sin(angle), angle], axis=1)
    camera = CameraConfig(160, 120, "rgb")
    embedded = EmbeddedSimulator([OVAL], [0] * 8, camera, objects=objects, object_shape=shape)
    gazebo = GazeboSimulator([OVAL], [0] * 8, camera, objects=objects, object_shape=shape)
    try:
        ours, theirs = (s.reset(np.ones(8, bool), poses)[0][CAMERA].astype(float) for s in (embedded, gazebo))
    finally:
        gazebo.close()
    colour = np.array(shape.colour) / np.linalg.norm(shape.colour)
    masks = [(seen @ colour) / np.linalg.norm(seen, axis=3) > 0.995 for seen in (ours, theirs)]
    both, either = masks[0] & masks[1], masks[0] | masks[1]
    assert (both.sum(axis=(1, 2)) > 0.88 * either.sum(axis=(1, 2))).all()  # the rest is the blurred rim
    ratio = (theirs[both] - ours[both]) @ colour / np.linalg.norm(shape.colour)
    assert np.quantile(np.abs(ratio), 0.97) < 0.2
    assert abs(ratio.mean()) < 0.05


def test_random_places_are_drawn_once_for_all_cars_of_a_track():
    environment = make_environment(race_config(3, "box", random=True), ["oval"], 3, seed=5)
    try:
        environment.reset()
        before = environment.objects.copy()
        environment.reset()
        assert (environment.objects == before).all()
        assert (before == before[:1]).all()
    finally:
        environment.close()


def test_cars_of_one_server_cannot_have_different_objects():
    places = np.array([[[1.0, 0.0, 0.0]], [[2.0, 0.0, 0.0]]])
    with pytest.raises(ValueError, match="objects: found different places for cars"):
        GazeboSimulator([OVAL], [0, 0], SMALL, objects=places)


def test_a_killed_gzserver_is_said_to_have_ended_and_another_can_be_started():
    simulator = GazeboSimulator([OVAL], [0], SMALL)
    try:
        simulator.reset(np.ones(1, bool), np.zeros((1, 3)))
        server = simulator._worlds[0].server._process.pid
        (gzserver,) = [pid for pid in descendants(server) if name(pid) == "gzserver"]
        os.kill(gzserver, signal.SIGKILL)
        with pytest.raises(wire.GazeboStoppedError, match="Gazebo: the server has ended"):
            for _ in range(3):
                simulator.step(np.zeros(1), np.zeros(1))
    finally:
        simulator.close()
    simulator = GazeboSimulator([OVAL], [0], SMALL)
    simulator.close()


@pytest.mark.parametrize(
    ("world", "words"),
    [
        ('<model name="m"><link/></model>', r"Required attribute\[name\] in element\[link\]"),
        ("<include><uri>model://nowhere</uri></include>", "nowhere"),
    ],
)
def test_a_world_that_gazebo_reads_half_is_refused_in_one_line(tmp_path, world, words):
    path = tmp_path / "bad.world"
    path.write_text(f'<sdf version="1.6"><world name="w">{world}</world></sdf>')
    with pytest.raises(InputError, match=rf"^{path}: gzserver reports: .*{words}.*$"):
        GazeboSimulator([OVAL], [0], SMALL, world_files=[path])


def test_a_plugin_that_cannot_be_loaded_is_named_in_one_line(tmp_path, monkeypatch):
    prepared = installation.find_installation()
    (tmp_path / "liblockstep.so").write_text("no library")
    broken = installation.Installation(prepared.root, tmp_path, prepared.cache)
    monkeypatch.setattr("deepracer_ros.simulation.gazebo.simulator.find_installation", lambda: broken)
    with pytest.raises(InputError, match=r"oval.world: gzserver reports: .*liblockstep.so.*"):
        GazeboSimulator([OVAL], [0], SMALL)


def test_latency_is_refused():
    with pytest.raises(InputError, match="latency: found 0.1 s, expected 0 with Gazebo"):
        GazeboSimulator([OVAL], [0], SMALL, dynamics=DynamicsConfig(latency=0.1))


def children(pid):
    found = []
    for folder in Path("/proc").iterdir():
        try:
            status = (folder / "stat").read_text() if folder.name.isdigit() else ""
        except OSError:
            continue
        if status and int(status.rpartition(")")[2].split()[1]) == pid:
            found.append(int(folder.name))
    return found


def descendants(pid):
    return [pid for child in children(pid) for pid in (child, *descendants(child))]


def name(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


PARENT = """
import sys, time
import numpy as np
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.gazebo.simulator import GazeboSimulator
simulator = GazeboSimulator([find_track("oval")], [0], CameraConfig(80, 60))
simulator.reset(np.ones(1, bool), np.zeros((1, 3)))
print("ready", flush=True)
while True:
    simulator.step(np.zeros(1), np.ones(1))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_parent(tmp_path, how):
    mounts = Path("/proc/mounts").read_text()
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        assert parent.stdout.readline() == b"ready\n"
        started = descendants(parent.pid)
        assert [name(pid) for pid in started].count("gzserver") == 1
        assert [name(pid) for pid in started].count("Xvfb") == 1
        parent.send_signal(how)
        parent.communicate(timeout=10)
    finally:
        parent.kill()
    deadline = time.monotonic() + 5.0
    while alive := [pid for pid in started if name(pid)]:
        assert time.monotonic() < deadline, [name(pid) for pid in alive]
        time.sleep(0.02)
    assert list(tmp_path.iterdir()) == []
    assert Path("/proc/mounts").read_text() == mounts
