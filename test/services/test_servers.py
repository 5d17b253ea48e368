# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from deepracer_ros.errors import InputError
from deepracer_ros.services import redis_server, s3_server
from deepracer_ros.services.record import ServicesRecord, read_record
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3, read_keys
from deepracer_ros.services.server import LocalServer, Ports, is_served


def wait_until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.005)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def listening_addresses(pid):
    """Return the addresses (hexadecimal, as the kernel prints them) that a process listens on."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            inodes.add(os.readlink(link).removeprefix("socket:[").removesuffix("]"))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes]


def test_redis_keeps_what_it_acknowledged_when_it_is_killed(tmp_path):
    with LocalRedis(tmp_path) as server:
        client = redis.Redis.from_url(server.url)
        client.set("kept", "yes")
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not server.alive)
        server.restart()
        assert client.get("kept") == b"yes"
        assert redis.Redis.from_url(server.tcp_url).get("kept") == b"yes"


def test_close_ends_the_process_and_frees_the_folder(tmp_path):
    server = LocalRedis(tmp_path)
    server.wait_ready()
    pid = server.pid
    assert is_served(tmp_path)
    server.close()
    server.close()
    assert not is_running(pid)
    assert not is_served(tmp_path)


def test_one_process_serves_a_folder_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(LocalServer._wait_for_lock, "__defaults__", (0.0,))
    with LocalRedis(tmp_path), pytest.raises(InputError, match="another process serves it"):
        LocalRedis(tmp_path)


def test_password_is_asked_for_and_not_readable_by_others(tmp_path):
    with LocalRedis(tmp_path, password="secret-1") as server:
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)).ping()
        assert redis.Redis.from_url(server.tcp_url).ping()
        assert redis.Redis.from_url(server.url).ping()
        assert stat.S_IMODE((tmp_path / "redis.conf").stat().st_mode) == 0o600
    with pytest.raises(InputError, match="password"):
        LocalRedis(tmp_path, password="two words")


def test_port_that_is_taken_is_named_with_the_servers_own_words(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", Ports(1).numbers[0]))
        taken.listen()
        with pytest.raises(InputError, match="ended at its start .*Failed listening on port") as caught:
            LocalRedis(tmp_path, port=taken.getsockname()[1]).wait_ready()
        assert "\n" not in str(caught.value)


def test_long_folder_names_get_a_tcp_url(tmp_path):
    folder = tmp_path / ("long" * 30)
    with LocalRedis(folder) as server:
        assert server.url == server.tcp_url
        assert redis.Redis.from_url(server.url).ping()


def test_missing_binaries_name_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(redis_server, "find_valkey_server", lambda: None)
    monkeypatch.setattr(redis_server, "find_redis_server", lambda: None)
    monkeypatch.setattr(s3_server, "find_program", lambda *_: None)
    with pytest.raises(InputError, match=r"\[local\]"):
        LocalRedis(tmp_path)
    with pytest.raises(InputError, match=r"\[local\]"):
        LocalS3(tmp_path)


def test_server_outlives_the_thread_that_started_it(tmp_path):
    servers = []
    thread = threading.Thread(target=lambda: servers.append(LocalRedis(tmp_path)))
    thread.start()
    thread.join()
    with servers[0] as server:
        assert redis.Redis.from_url(server.url).ping()
        assert server.alive


PARENT = """
import sys
from pathlib import Path
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3
servers = [LocalRedis(Path(sys.argv[1]) / "redis"), LocalS3(Path(sys.argv[1]) / "s3")]
for server in servers:
    server.wait_ready()
print(*(server.pid for server in servers), flush=True)
input()
"""


def test_servers_end_with_a_parent_that_is_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    pids = list(map(int, parent.stdout.readline().split()))
    assert len(pids) == 2
    assert all(map(is_running, pids))
    parent.kill()
    parent.communicate()
    wait_until(lambda: not any(map(is_running, pids)))
    wait_until(lambda: not is_served(tmp_path / "redis"))


def test_s3_listens_on_loopback_only_and_keeps_its_keys(tmp_path):
    with LocalS3(tmp_path) as server:
        addresses = listening_addresses(server.pid)
        keys = (server.access_key, server.secret_key)
        assert urllib.request.urlopen(f"{server.endpoint}/healthz", timeout=5).status == 200
    assert len(addresses) >= 8
    assert set(addresses) == {"0100007F"}
    assert stat.S_IMODE((tmp_path / "s3.json").stat().st_mode) == 0o600
    assert read_keys(tmp_path) == keys
    with pytest.raises(InputError, match="not found"):
        read_keys(tmp_path / "data")


def test_free_ports_are_different_and_below_the_ephemeral_range():
    ports = Ports(50).numbers
    assert len(set(ports)) == 50
    assert max(ports) < 32768


def test_a_port_is_given_to_one_server_only_until_it_is_released(monkeypatch):
    """Two servers that start at once must not choose the same free port: clients of one would talk to the other."""
    order = Ports(3).numbers
    monkeypatch.setattr("random.sample", lambda *_: order)
    first, second = Ports(1), Ports(1)
    assert first.numbers == order[:1]
    assert second.numbers == order[1:2]
    with pytest.raises(InputError, match="found 1 free, expected 2"):
        Ports(2)
    first.release()
    assert Ports(2).numbers == [order[0], order[2]]


def test_record_of_the_servers_is_private_and_checked(tmp_path):
    record = ServicesRecord("redis://:secret@127.0.0.1:1", "http://127.0.0.1:2", "deepracer", "s3")
    path = tmp_path / "services.json"
    record.write(path)
    assert read_record(path) == record
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text('{"redis": 1}')
    with pytest.raises(InputError, match="unknown key 'redis'"):
        read_record(path)
    with pytest.raises(InputError, match="expected the folder of a run"):
        read_record(tmp_path / "absent" / "services.json")


def test_what_a_killed_start_left_is_removed(tmp_path):
    (tmp_path / ".redis.conf.tmp").write_text("half")
    with LocalRedis(tmp_path):
        assert not list(tmp_path.glob(".*.tmp"))
