# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A user's reward function in its own process: the same rewards, and nothing written, reached or left running."""

import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig, RefereeConfig
from deepracer_ros.race.referee import Referee
from deepracer_ros.rewards.function import RewardFunction
from deepracer_ros.rewards.output import Collected
from deepracer_ros.rewards.sandbox.confinement import Confinement, check_confinement, find_confinement
from deepracer_ros.rewards.sandbox.reward import SandboxedReward
from deepracer_ros.rewards.source import RewardError
from deepracer_ros.rewards.trial import try_file, try_reward

OVAL = find_tracks(["oval"])
HEAD = "def reward_function(params):\n"
MEANS = {
    "seccomp": Confinement(bubblewrap=False, seccomp=True),
    "bubblewrap": Confinement(bubblewrap=True, seccomp=False),
    "both": Confinement(bubblewrap=True, seccomp=True),
}


@pytest.fixture(params=MEANS)
def confinement(request):
    means, found = MEANS[request.param], find_confinement()
    if (means.bubblewrap and not found.bubblewrap) or (means.seccomp and not found.seccomp):
        pytest.skip(f"this machine lacks {request.param}")
    return means


@pytest.fixture
def made(tmp_path):
    """Return the sandboxed reward of a file with this text."""
    rewards = []

    def make(text, **options):
        path = tmp_path / "reward.py"
        path.write_text(text)
        rewards.append(SandboxedReward(path, **{"output": Collected(), "replacements": 0, **options}))
        return rewards[-1]

    yield make
    for reward in rewards:
        reward.close()


def children():
    """Return the process ids of this process's children."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def one_step(reward):
    """Judge three cars at their start and one step later; return the rewards of that step."""
    judge = Referee(OVAL, [0, 0, 0], RefereeConfig(), reward, seed=0)
    poses = judge.start(np.ones(3, bool))
    judge.judge(_states(poses), np.zeros(3), np.ones(3))
    return judge.judge(_states(poses + [0.01, 0.0, 0.0]), np.zeros(3), np.ones(3)).reward


def _states(poses):
    from deepracer_ros.simulation.simulator import CarStates

    x, y, yaw = poses.T
    return CarStates(x, y, yaw, 0 * x, 0 * x, 0 * x, 0 * x)


RICH = """
import math
total = 0.0
def reward_function(params):
    global total
    total += params["x"] + 2 * params["heading"] + sum(params["objects_distance"]) + params["closest_waypoints"][1]
    total += params["waypoints"][3][0] + params["is_reversed"] + params["track_length"] + params["steps"]
    return math.fmod(total, 100.0)
"""


def test_it_gives_what_the_function_gives_here(tmp_path, made):
    race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(3))
    sandboxed = made(RICH)
    here = RewardFunction(tmp_path / "reward.py")
    assert replace(try_reward(sandboxed, OVAL, race=race), seconds=0.0) == replace(
        try_reward(here, OVAL, race=race), seconds=0.0
    )


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("    open(PLACE, 'w').write('x')\n", "PermissionError|OSError"),
        ("    import os\n    os.mkdir(PLACE)\n", "PermissionError|OSError"),
        ("    import os\n    os.remove(__file__)\n", "PermissionError|OSError"),
        ("    import socket\n    socket.create_connection(('127.0.0.1', PORT), 1)\n", "Error"),
    ],
)
def test_it_can_write_and_reach_nothing(tmp_path, made, confinement, body, error):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        text = f"PLACE = {str(tmp_path / 'written')!r}\nPORT = {server.getsockname()[1]}\n{HEAD}{body}    return 1.0\n"
        with pytest.raises(RewardError, match=rf"reward.py:\d: .*{error}"):
            one_step(made(text, confinement=confinement))
        with pytest.raises(TimeoutError):
            server.accept()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reward.py"]


def test_it_leaves_no_process_behind(made, confinement):
    before = children()
    text = (
        HEAD
        + "    import os\n    [os.fork() or os.execvp('sleep', ['sleep', '987654']) for _ in range(3)]\n    return 1\n"
    )
    reward = made(text, confinement=confinement)
    try:
        one_step(reward)
    except RewardError as error:
        assert "reward.py:3: PermissionError" in str(error)
    reward.close()
    assert children() <= before
    deadline = time.monotonic() + 10.0
    while any(b"987654" in _command(path) for path in Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _command(path):
    try:
        return (path / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    while True: pass\n", r"reward.py:2: still running after 0.3 s at steps 2, expected"),
        (
            "    while True:\n        try: sum(range(10 ** 9))\n        except BaseException: pass\n",
            r"reward.py:3: still",
        ),
        ("    import time\n    time.sleep(1000)\n", r"reward.py:3: still running"),
        ("    import os\n    os._exit(7)\n", r"reward.py:1: its process ended with exit code 7 at steps 2"),
        ("    import ctypes\n    ctypes.string_at(0)\n", r"reward.py:3: its process ended with signal SIGSEGV"),
        ("    return len(bytearray(8 << 30))\n", r"reward.py:2: MemoryError"),
        ("    return [[1]] * 10 ** 7\n", r"reward.py:1: reward_function returned "),
        ("    import sys\n    sys.exit('x')\n", r"reward.py:3: SystemExit: x at steps 2"),
    ],
)
def test_a_function_that_hangs_or_dies_is_named_with_its_line(made, monkeypatch, body, message):
    monkeypatch.setattr("deepracer_ros.rewards.sandbox.process.CALL_SECONDS", 0.3)
    before = children()
    with pytest.raises(RewardError, match=message):
        one_step(made(HEAD + body))
    assert len(children() - before) <= 1  # one that has raised an error waits for the next step


@pytest.mark.parametrize("text", ["while True: pass\n", "import os\nos._exit(0)\n", "def reward_function(p) return\n"])
def test_a_file_that_cannot_be_loaded_is_named(made, monkeypatch, text):
    monkeypatch.setattr("deepracer_ros.rewards.sandbox.process.LOAD_SECONDS", 1.5)
    before = children()
    with pytest.raises(InputError, match=r"reward.py(:1)?: "):
        made(text)
    assert children() <= before


def test_a_process_that_is_lost_is_replaced_once(made):
    output = Collected()
    text = HEAD + "    import os\n    return 1.0 if params['steps'] < 4 else os._exit(1)\n"
    with pytest.raises(RewardError, match=r"its process ended with exit code 1 at steps 4"):
        try_reward(made(text, output=output, replacements=1), OVAL)
    assert output.text.count("replaced by a new process") == 1


def test_only_the_first_car_prints_and_secrets_are_not_in_its_environment(made, monkeypatch):
    monkeypatch.setenv("SECRET", "12345")
    output = Collected()
    text = HEAD + "    import os\n    print('speed', params['speed'], os.environ.get('SECRET'))\n    return 1.0\n"
    reward = made(text, output=output)
    assert one_step(reward).tolist() == [1.0, 1.0, 1.0]
    deadline = time.monotonic() + 10.0
    while not output.text:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    reward.close()
    assert output.text == "speed 1.0 None\n"


LIAR = """
import os, stat

def is_socket(number):
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False

def reward_function(params):
    for number in filter(is_socket, range(3, 1000)):
        os.write(number, b"\\x00\\x00\\x00\\x05Vabcd")
    return 1.0
"""


def test_an_answer_that_is_no_answer_is_refused(made):
    with pytest.raises(RewardError, match=r"reward.py: its process answered wrongly: "):
        one_step(made(LIAR))


def test_the_trial_of_a_file_says_what_it_printed(tmp_path):
    path = tmp_path / "reward.py"
    path.write_text("print('loaded')\n" + HEAD + "    return 2.0\n")
    drive, printed = try_file(path, OVAL)
    assert (drive.mean, printed) == (2.0, "loaded\n")


def test_a_machine_without_means_is_refused_where_a_sandbox_is_required(monkeypatch):
    monkeypatch.setattr(
        "deepracer_ros.rewards.sandbox.confinement.find_confinement",
        lambda: Confinement(bubblewrap=False, seccomp=False),
    )
    with pytest.raises(InputError, match="require_sandbox: found neither"):
        check_confinement()
