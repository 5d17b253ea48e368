# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The check of the other tests here sees what it shall see."""

import pytest
import redis

from deepracer_ros.experience.connection import Keys

RUN, STEPS = "run", 8


@pytest.fixture
def client(redis_server):
    """A Redis that holds sequence 2 of two cars of the second of two recorders; what came before is trained."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
        keys = Keys(RUN)
        for car in (0, 1):
            client.hset(keys.seen, f"first:{car}", 0)
            store(client, car, 2)
        client.hset(keys.state, "appended", 2 + 6)
        yield client


def store(client, car, sequence):
    keys = Keys(RUN)
    client.hset(keys.seen, f"second:{car}", sequence)
    client.set(f"{keys.blob}second:{car}:{sequence}", b"segment")
    client.xadd(keys.index, {"id": f"second:{car}:{sequence}"})


TRAINED = ["first:0:0", "first:1:0", "second:0:0", "second:1:0", "second:0:1", "second:1:1"]
RECORDED = [STEPS + 3, 3 * STEPS]
"""The first recorder began at step 3."""


def test_all_is_there(client, check_segments):
    check_segments(client, RUN, TRAINED, TRAINED[-2:], RECORDED, STEPS)
    check_segments(client, RUN, TRAINED, TRAINED[-2:], [*RECORDED, 3], STEPS)  # a third one, that recorded nothing


def drop_last(client):
    """Lose the last segment of a car, as if it had never been stored."""
    keys = Keys(RUN)
    ((stream_id, _),) = client.xrevrange(keys.index, count=1)
    client.xdel(keys.index, stream_id)
    client.delete(f"{keys.blob}second:1:2")
    client.hset(keys.seen, "second:1", 1)
    client.hincrby(keys.state, "appended", -1)


def test_a_lost_last_segment_shows(client, check_segments):
    drop_last(client)
    check_segments(client, RUN, TRAINED, TRAINED[-2:], [], STEPS)  # without the recorders' word it would not
    with pytest.raises(AssertionError, match="3 segments of each car were acknowledged"):
        check_segments(client, RUN, TRAINED, TRAINED[-2:], RECORDED, STEPS)


def test_a_recorder_of_whom_all_is_lost_shows(client, check_segments):
    with pytest.raises(AssertionError, match="nothing is left"):
        check_segments(client, RUN, TRAINED, TRAINED[-2:], [*RECORDED, STEPS], STEPS)


def test_one_trained_twice_and_one_lost_in_between_show(client, check_segments):
    with pytest.raises(AssertionError):
        check_segments(client, RUN, [*TRAINED, "second:1:2"], [], RECORDED, STEPS)
    with pytest.raises(AssertionError):
        check_segments(client, RUN, TRAINED[:-1], TRAINED[-2:], RECORDED, STEPS)
