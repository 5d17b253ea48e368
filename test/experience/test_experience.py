# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import threading
import time

import numpy as np
import pytest
import redis

from deepracer_ros.experience import writer as writer_module
from deepracer_ros.experience.connection import Connection, Keys, unique_worker
from deepracer_ros.experience.encoding import encode, layout
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.services.redis_server import LocalRedis

SIZE = 560
"""Bytes of a segment of `make_segment`."""


def ids(taken):
    return [item.segment.id for item in taken]


def blob_count(url, run):
    return len(redis.Redis.from_url(url).keys(f"{{{run}}}:blob:*"))


def test_segments_arrive_whole_and_in_order(url, run, make_segment):
    writer, reader = ExperienceWriter(url, run), ExperienceReader(url, run)
    sent = [make_segment(sequence, car, shape=(6, 8, 3)) for sequence in range(3) for car in range(4)]
    for start in range(0, 12, 4):
        assert writer.append(sent[start : start + 4])
    taken = reader.take(12, 100, 5.0)
    assert ids(taken) == [segment.id for segment in sent]
    for item, segment in zip(taken, sent, strict=True):
        assert bytes(encode(item.segment)) == bytes(encode(segment))
    assert writer.counts.segments == 12
    assert writer.counts.bytes == writer.held_bytes == sum(layout(segment).size for segment in sent)


def test_acknowledged_segments_are_gone_and_the_rest_stays(url, run, make_segment):
    writer, reader = ExperienceWriter(url, run), ExperienceReader(url, run)
    writer.append([make_segment(sequence) for sequence in range(5)])
    taken = reader.take(5, 5, 5.0)
    assert reader.acknowledge([item.stream_id for item in taken[:3]]) == 3
    assert reader.acknowledge([item.stream_id for item in taken[:3]]) == 0
    status = reader.status()
    assert (status.segments, status.bytes, status.appended, status.acknowledged) == (2, 2 * SIZE, 5, 3)
    assert blob_count(url, run) == 2


def test_take_waits_for_the_minimum_but_not_beyond_the_deadline(url, run, make_segment):
    writer, reader = ExperienceWriter(url, run), ExperienceReader(url, run)
    start = time.monotonic()
    assert reader.take(1, 1, 0.05) == []
    assert 0.04 < time.monotonic() - start < 2.0
    writer.append([make_segment(0)])
    assert ids(reader.take(2, 2, 0.05)) == ["worker:0:0"]
    later = threading.Timer(0.1, lambda: writer.append([make_segment(1), make_segment(2)]))
    later.start()
    assert ids(reader.take(2, 2, 10.0)) == ["worker:0:1", "worker:0:2"]
    assert reader.take(0, 10, 0.0) == []
    later.join()


def test_append_is_refused_when_full_and_taken_again_after_consumption(url, run, make_segment):
    writer, reader = ExperienceWriter(url, run, capacity_bytes=3 * SIZE), ExperienceReader(url, run)
    assert writer.append([make_segment(0), make_segment(1)])
    assert not writer.append([make_segment(2), make_segment(3)])
    assert "full: 1120 of 1680 bytes" in writer.last_error
    assert not writer.append([make_segment(2), make_segment(3)])
    assert blob_count(url, run) == 2
    taken = reader.take(2, 2, 5.0)
    reader.acknowledge([taken[0].stream_id])
    assert writer.append([make_segment(2), make_segment(3)])
    assert writer.last_error == ""
    assert writer.counts.full == 2
    assert ids(reader.take(2, 2, 5.0)) == ["worker:0:2", "worker:0:3"]


def test_an_append_larger_than_the_capacity_fits_into_an_empty_experience(url, run, make_segment):
    writer = ExperienceWriter(url, run, capacity_bytes=100)
    assert writer.append([make_segment(0), make_segment(1)])
    assert not writer.append([make_segment(2)])


def test_replay_removes_the_oldest(url, run, make_segment):
    writer = ExperienceWriter(url, run, capacity_bytes=3 * SIZE, mode="replay")
    for sequence in range(10):
        assert writer.append([make_segment(sequence)])
    reader = ExperienceReader(url, run)
    assert ids(reader.take(3, 10, 5.0)) == ["worker:0:7", "worker:0:8", "worker:0:9"]
    status = reader.status()
    assert (status.segments, status.bytes, status.trimmed) == (3, 3 * SIZE, 7)
    assert blob_count(url, run) == 3


def test_what_was_stored_is_not_stored_again(url, run, make_segment):
    writer, reader = ExperienceWriter(url, run), ExperienceReader(url, run)
    assert writer.append([make_segment(0), make_segment(0, car=1), make_segment(1)])
    assert writer.append([make_segment(0), make_segment(0, car=1), make_segment(1)])
    assert writer.append([make_segment(1), make_segment(2)])
    reader.acknowledge([reader.take(1, 1, 5.0)[0].stream_id])
    assert ExperienceWriter(url, run).append([make_segment(0), make_segment(1, car=1)])
    assert ids(reader.take(4, 9, 0.2)) == ["worker:1:0", "worker:0:1", "worker:0:2", "worker:1:1"]
    assert reader.status().duplicates == 5
    assert blob_count(url, run) == 4


def test_an_append_whose_reply_was_lost_is_stored_once(redis_server, lossy_proxy, run, make_segment):
    reader = ExperienceReader(redis_server.url, run)
    writer = ExperienceWriter(f"redis://127.0.0.1:{lossy_proxy.port}", run)
    lossy_proxy.lose_reply(b"*3\r\n")  # EXEC's: two SETs and the script.
    assert writer.append([make_segment(0), make_segment(1)])
    assert writer.retries == 1
    assert ids(reader.take(2, 9, 0.1)) == ["worker:0:0", "worker:0:1"]
    assert reader.status().duplicates == 2
    assert blob_count(redis_server.url, run) == 2


def test_segments_in_a_reply_that_was_lost_are_read_again(redis_server, lossy_proxy, run, make_segment):
    writer = ExperienceWriter(redis_server.url, run)
    reader = ExperienceReader(f"redis://127.0.0.1:{lossy_proxy.port}", run)
    writer.append([make_segment(0), make_segment(1)])
    assert ids(reader.take(1, 1, 5.0)) == ["worker:0:0"]
    lossy_proxy.lose_reply(b"worker:0:2")
    writer.append([make_segment(2)])
    assert ids(reader.take(2, 9, 5.0)) == ["worker:0:1", "worker:0:2"]
    assert reader.retries >= 1


def test_nothing_is_lost_or_doubled_between_concurrent_writers(url, run, make_segment):
    reader = ExperienceReader(url, run)

    def write(worker):
        writer = ExperienceWriter(url, run, capacity_bytes=40 * SIZE)
        for sequence in range(50):
            while not writer.append([make_segment(sequence, car, worker) for car in range(4)]):
                time.sleep(0.001)
        writer.close()

    workers = [unique_worker("w") for _ in range(3)]
    threads = [threading.Thread(target=write, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    found = []
    while len(found) < 600:
        taken = reader.take(1, 64, 10.0)
        assert taken
        assert reader.status().bytes <= 40 * SIZE
        reader.acknowledge([item.stream_id for item in taken])
        found += ids(taken)
    for thread in threads:
        thread.join()
    expected = [f"{worker}:{car}:{sequence}" for worker in workers for car in range(4) for sequence in range(50)]
    assert sorted(found) == sorted(expected)
    for worker in workers:
        assert [int(name.split(":")[2]) for name in found if name.startswith(f"{worker}:0:")] == list(range(50))
    assert reader.status().bytes == 0
    assert blob_count(url, run) == 0


def test_a_trainer_that_died_leaves_its_segments_to_the_next(url, run, make_segment):
    writer, dead = ExperienceWriter(url, run), ExperienceReader(url, run)
    writer.append([make_segment(sequence) for sequence in range(6)])
    trained = dead.take(4, 4, 5.0)
    dead.acknowledge([trained[0].stream_id])
    dead.close()
    # The checkpoint held 0, 1 and 2; the trainer died before it had acknowledged 1 and 2.
    reader = ExperienceReader(url, run)
    assert reader.recover(consumed=ids(trained[:3])) == 1
    assert ids(reader.take(3, 9, 5.0)) == ["worker:0:3", "worker:0:4", "worker:0:5"]
    assert (reader.counts.redelivered, reader.counts.already_consumed) == (1, 2)
    assert reader.status().segments == 3
    assert ExperienceReader(url, run).recover() == 3


def test_segments_of_older_models_are_dropped(url, run, make_segment):
    writer, reader = ExperienceWriter(url, run), ExperienceReader(url, run)
    writer.append([make_segment(sequence, model_version=sequence) for sequence in range(5)])
    assert ids(reader.take(2, 9, 0.1, oldest_version=3)) == ["worker:0:3", "worker:0:4"]
    assert reader.counts.stale == 3
    assert reader.status().segments == 2


@pytest.mark.parametrize("damage", ["truncated", "changed", "gone"])
def test_damaged_segments_are_dropped_and_named(url, run, make_segment, damage):
    writer, reader = ExperienceWriter(url, run), ExperienceReader(url, run)
    writer.append([make_segment(0), make_segment(1)])
    client = redis.Redis.from_url(url)
    (key,) = client.keys(f"{{{run}}}:blob:worker:0:0:*")
    if damage == "truncated":
        client.set(key, client.get(key)[:-7])
    elif damage == "changed":
        client.setrange(key, 60, b"\xff\xff")
    else:
        client.delete(key)
    assert ids(reader.take(1, 9, 0.1)) == ["worker:0:1"]
    assert reader.counts.damaged == 1
    assert reader.last_error.startswith("segment worker:0:0: ")
    assert reader.status().segments == 1


def test_a_server_out_of_memory_is_full_and_says_so(tmp_path, run, make_segment):
    with LocalRedis(tmp_path, maximum_bytes=16 << 20) as server:
        writer, reader = ExperienceWriter(server.url, run, capacity_bytes=1 << 30), ExperienceReader(server.url, run)
        segments = [make_segment(sequence, steps=256, shape=(60, 80)) for sequence in range(30)]
        stored = 0
        while stored < 30 and writer.append(segments[stored : stored + 1]):
            stored += 1
        assert 5 < stored < 20
        assert "refuses writes" in writer.last_error
        assert "maxmemory" in writer.last_error
        assert not writer.append(segments[stored : stored + 1])
        for item in reader.take(stored, stored, 5.0):
            reader.acknowledge([item.stream_id])
        assert writer.append(segments[stored : stored + 1])
        assert reader.status().appended == stored + 1


def test_a_reader_goes_on_when_the_server_was_replaced_by_an_empty_one(url, run, make_segment):
    writer, reader = ExperienceWriter(url, run), ExperienceReader(url, run)
    writer.append([make_segment(0)])
    client = redis.Redis.from_url(url)
    client.delete(*client.keys(f"{{{run}}}:*"))
    writer.append([make_segment(1)])
    assert ids(reader.take(1, 9, 1.0)) == ["worker:0:1"]


def test_empty_appends_and_runs_of_their_own(url, run, make_segment):
    writer = ExperienceWriter(url, run)
    assert writer.append([])
    writer.append([make_segment(0)])
    assert ExperienceReader(url, f"{run}-other").take(0, 1, 0.0) == []
    assert np.all([name not in unique_worker("a:b") for name in ":"])


def test_one_writer_sends_when_there_is_room_for_one(url, run, make_segment):
    writers = [ExperienceWriter(url, run, capacity_bytes=2 * SIZE) for _ in range(3)]
    client = Connection(url).client
    reader = ExperienceReader(url, run)
    assert writers[0].append([make_segment(0, worker="a"), make_segment(1, worker="a")])
    assert not writers[1].append([make_segment(0, worker="b")])
    assert writers[1].last_error.startswith("full: ")
    reader.acknowledge([item.stream_id for item in reader.take(1, 1, 1.0)])
    assert writers[1]._take_turn(SIZE)
    sent = client.info("commandstats")["cmdstat_exec"]["calls"]
    assert not writers[2].append([make_segment(0, worker="c")])  # it is not its turn, and it sends nothing
    assert client.info("commandstats")["cmdstat_exec"]["calls"] == sent
    assert writers[1].append([make_segment(0, worker="b")])
    assert client.get(Keys(run).turn) is None


def test_the_turn_of_a_writer_that_died_ends(url, run, make_segment, monkeypatch):
    monkeypatch.setattr(writer_module, "TURN_SECONDS", 0.05)
    dead, other = ExperienceWriter(url, run), ExperienceWriter(url, run)
    assert dead._take_turn(SIZE)
    deadline = time.monotonic() + 5.0
    while not other.append([make_segment(0)]):
        assert time.monotonic() < deadline
        time.sleep(0.005)
