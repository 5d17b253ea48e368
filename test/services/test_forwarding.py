# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Forwarding of a port: every byte in both directions, and an end at the end."""

import os
import socket
import threading

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.services.forwarding import Forwarder
from deepracer_ros.services.server import LOOPBACK, Ports

OTHER = "127.0.0.2"
"""Another address of this machine."""


@pytest.fixture
def echo():
    """The port of a server that sends back what it gets."""
    listener = socket.create_server((LOOPBACK, 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                while content := connection.recv(1 << 16):
                    connection.sendall(content)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5.0)


def exchange(port, content):
    with socket.create_connection((OTHER, port), timeout=10.0) as connection:
        sender = threading.Thread(target=lambda: (connection.sendall(content), connection.shutdown(socket.SHUT_WR)))
        sender.start()
        found = b""
        while part := connection.recv(1 << 16):
            found += part
        sender.join()
        return found


def test_every_byte_goes_there_and_back(echo):
    forwarder, content = Forwarder(OTHER, echo), os.urandom(3_000_000)
    for part in (b"", b"x", content):
        assert exchange(forwarder.port, part) == part
    forwarder.close()
    forwarder.close()
    with pytest.raises(OSError):
        socket.create_connection((OTHER, forwarder.port), timeout=1.0)


def test_its_end_ends_the_connections(echo, capfd):
    forwarder = Forwarder(OTHER, echo)
    with socket.create_connection((OTHER, forwarder.port), timeout=10.0) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"
        forwarder.close()
        assert connection.recv(1) == b""
    assert capfd.readouterr().err == ""


def test_nothing_behind_it_is_a_closed_connection():
    forwarder = Forwarder(OTHER, Ports(1).numbers[0])
    assert exchange(forwarder.port, b"") == b""
    forwarder.close()


def test_an_address_of_another_machine_is_one_line():
    with pytest.raises(InputError, match=r"address 192.0.2.1: .*; expected an address of this machine"):
        Forwarder("192.0.2.1", 1)
