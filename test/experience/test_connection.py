# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import shutil
import subprocess
import time

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import hide_password
from deepracer_ros.experience.connection import Connection, Keys
from deepracer_ros.services.redis_server import LocalRedis, find_redis_server
from deepracer_ros.services.server import Ports


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@host:1/0", "redis://:***@host:1/0"),
        ("rediss://user:s@cr:et@host:1", "rediss://user:***@host:1"),
        ("unix://:secret@/tmp/redis.sock", "unix://:***@/tmp/redis.sock"),
        ("redis://host:1?db=1&password=secret&x=1", "redis://host:1?db=1&password=***&x=1"),
        ("redis://host:1", "redis://host:1"),
    ],
)
def test_passwords_are_not_shown(url, shown):
    assert hide_password(url) == shown


def test_a_password_is_taken_from_the_url_and_a_wrong_one_is_refused_at_once(tmp_path):
    with LocalRedis(tmp_path, password="right") as server:
        Connection(server.url).close()
        Connection(server.tcp_url).close()
        start = time.monotonic()
        for url in (server.tcp_url.replace("right", "wrong"), server.tcp_url.replace(":right@", "")):
            with pytest.raises(InputError, match="refused.*expected the right password") as caught:
                Connection(url)
            assert "wrong" not in str(caught.value)
        assert time.monotonic() - start < 2.0


@pytest.mark.parametrize("url", ["http://host:1", "host:6379", "", "redis://host:port", "redis://host:1?unknown=1"])
def test_a_url_that_is_none_is_named(url):
    with pytest.raises(InputError, match="expected redis://"):
        Connection(url)


def test_an_unreachable_server_is_an_error_after_the_deadline():
    start = time.monotonic()
    with pytest.raises(InputError, match=r"no success within 0.2 s \(unreachable") as caught:
        Connection(f"redis://:secret@127.0.0.1:{Ports(1).numbers[0]}", patience=0.2)
    assert time.monotonic() - start < 2.0
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_comes_back_within_the_deadline_is_waited_for(tmp_path):
    with LocalRedis(tmp_path) as server:
        connection = Connection(server.url)
        server.kill()
        server._spawn()
        assert connection.attempt(connection.client.ping)
        assert connection.retries >= 1


def test_a_server_that_takes_no_writes_is_waited_for_and_then_named(tmp_path):
    with LocalRedis(tmp_path) as server:
        connection = Connection(server.url, patience=0.1)
        connection.client.config_set("maxmemory", "1")
        with pytest.raises(InputError, match="refuses writes.*maxmemory"):
            connection.attempt(lambda: connection.client.set("key", "value"))
        assert connection.retries >= 1


@pytest.mark.skipif(not (find_redis_server() and shutil.which("openssl")), reason="needs redis-server and openssl")
def test_tls_urls_pass_through(tmp_path):
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "cert", *subject],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    port = Ports(1).numbers[0]
    options = f"--port 0 --tls-port {port} --tls-cert-file cert --tls-key-file key --tls-ca-cert-file cert"
    server = subprocess.Popen(
        [find_redis_server(), *options.split(), "--tls-auth-clients", "no", "--bind", "127.0.0.1"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    try:
        Connection(f"rediss://127.0.0.1:{port}?ssl_ca_certs={tmp_path}/cert").close()
        with pytest.raises(InputError, match="unreachable.*[Cc]ertificate|CERTIFICATE"):
            Connection(f"rediss://127.0.0.1:{port}", patience=0.1)
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("run", ["", "a:b", "{a}", "-a", "a b", "a" * 200])
def test_run_names_are_plain(run):
    with pytest.raises(InputError, match="run name"):
        Keys(run)
