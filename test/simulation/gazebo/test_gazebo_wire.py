# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The client's end of the wire against a plugin played by the test, on a real socket."""

import re
import socket
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.simulation.gazebo import wire

SOURCE = (Path(wire.__file__).parent / "plugin" / "wire.hh").read_text()


def ask(stream, length):
    data = b""
    while len(data) < length:
        data += stream.recv(length - len(data))
    return data


@pytest.fixture
def ends():
    client, plugin = socket.socketpair()
    client.settimeout(2.0)
    plugin.settimeout(2.0)
    connection = wire.Connection(client, 2)
    yield connection, plugin
    client.close()
    plugin.close()


def greet(connection, plugin):
    assert wire.HEADER.unpack(ask(plugin, 16)) == (wire.MAGIC, wire.VERSION, wire.HELLO, 2, 0)
    plugin.sendall(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.HELLO, 2, 24))
    plugin.sendall(wire.GREETING.pack(4, 3, 3, 16, 1 / 15))
    return connection.receive_greeting()


def test_the_two_ends_agree_on_sizes():
    sizes = dict(re.findall(r"static_assert\(sizeof\((\w+)\) == (\d+)", SOURCE))
    ours = {"Header": wire.HEADER.size, "Hello": wire.GREETING.size, "ResetCommand": wire.RESET_COMMAND.itemsize}
    ours |= {"StepCommand": wire.STEP_COMMAND.itemsize, "CarState": wire.CAR_STATE.itemsize}
    ours |= {"Placement": wire.PLACEMENT.size}
    assert {name: int(size) for name, size in sizes.items()} == ours
    assert f"MAGIC = {wire.MAGIC:#x}" in SOURCE
    assert f"VERSION = {wire.VERSION};" in SOURCE


def test_a_step_and_its_answer(ends):
    connection, plugin = ends
    assert greet(connection, plugin) == (3, 4, 3)
    connection.send_step(np.arange(8.0).reshape(2, 4))
    header = wire.HEADER.unpack(ask(plugin, 16))
    assert header == (wire.MAGIC, wire.VERSION, wire.STEP, 2, 64)
    commands = np.frombuffer(ask(plugin, 64), wire.STEP_COMMAND)
    assert commands["axles"].tolist() == [[0, 1], [4, 5]]
    assert commands["hinges"].tolist() == [[2, 3], [6, 7]]
    states = np.arange(24.0)
    images = np.arange(72, dtype=np.uint8)
    plugin.sendall(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.STEP, 2, 8 + 192 + 72))
    plugin.sendall(wire.TIME.pack(1.5) + states.tobytes() + images.tobytes())
    connection.receive_answer()
    assert connection.time == 1.5
    assert connection.states["yaw_rate"].tolist() == [9.0, 21.0]
    assert connection.images.reshape(-1).tolist() == images.tolist()


def test_a_reset_names_only_the_masked_cars(ends):
    connection, plugin = ends
    greet(connection, plugin)
    connection.send_reset(np.array([False, True]), np.array([[9.0, 9.0, 9.0], [1.0, 2.0, 3.0]]))
    assert wire.HEADER.unpack(ask(plugin, 16))[2:] == (wire.RESET, 2, 64)
    commands = np.frombuffer(ask(plugin, 64), wire.RESET_COMMAND)
    assert commands["moved"].tolist() == [0.0, 1.0]
    assert commands["pose"].tolist() == [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]


def test_a_model_is_spawned_and_deleted_or_it_is_said_why_not(ends):
    connection, plugin = ends
    greet(connection, plugin)
    plugin.sendall(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.SPAWN, 2, 0))
    connection.spawn("box", "<sdf/>", (1.0, 2.0, 3.0, 0.0, 0.0, 0.5))
    assert wire.HEADER.unpack(ask(plugin, 16))[2:] == (wire.SPAWN, 2, 48 + 10)
    assert wire.PLACEMENT.unpack(ask(plugin, 48)) == (1.0, 2.0, 3.0, 0.0, 0.0, 0.5)
    assert ask(plugin, 10) == b"box\n<sdf/>"
    plugin.sendall(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.DELETE, 2, 5) + b"no.go")
    with pytest.raises(InputError, match=r"^Gazebo: no\.go$"):
        connection.delete("box")
    assert wire.HEADER.unpack(ask(plugin, 16))[2:] == (wire.DELETE, 2, 3)
    assert ask(plugin, 3) == b"box"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ((wire.MAGIC, 99, wire.HELLO, 2, 24), "version 99.*expected version 2.*deepracer gazebo prepare"),
        ((0x12345678, wire.VERSION, wire.HELLO, 2, 24), "magic 0x12345678"),
        ((wire.MAGIC, wire.VERSION, wire.STEP, 2, 24), "answer of kind 3"),
        ((wire.MAGIC, wire.VERSION, wire.HELLO, 7, 24), "for 7 cars"),
        ((wire.MAGIC, wire.VERSION, wire.HELLO, 2, 1 << 31), "2147483648 bytes"),
    ],
)
def test_a_foreign_answer_is_refused(ends, header, words):
    connection, plugin = ends
    plugin.sendall(wire.HEADER.pack(*header))
    with pytest.raises(InputError, match=words):
        connection.receive_greeting()


def test_the_plugins_own_words_are_shown(ends):
    connection, plugin = ends
    plugin.sendall(wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.ERROR, 2, 9) + b"bad pose!")
    with pytest.raises(InputError, match="rejected the request: bad pose!"):
        connection.receive_greeting()


def test_a_server_that_ends_is_said_to_have_ended(ends):
    connection, plugin = ends
    plugin.close()
    with pytest.raises(wire.GazeboStoppedError, match="the server has ended"):
        connection.receive_greeting()
    with pytest.raises(wire.GazeboStoppedError, match="the server has ended"):
        connection.send_step(np.zeros((2, 4)))


def test_a_server_that_keeps_silent_is_not_waited_for(ends):
    connection, _ = ends
    connection._stream.settimeout(0.01)
    with pytest.raises(wire.GazeboStoppedError, match="no answer for 0 s"):
        connection.receive_greeting()
