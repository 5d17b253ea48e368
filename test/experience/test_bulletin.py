# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What a trainer tells in Redis, and what a worker elsewhere hears."""

import threading
import time

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.experience.bulletin import Bulletin, BulletinReader, Standing
from deepracer_ros.experience.connection import Connection, Keys
from deepracer_ros.experience.reader import ExperienceReader


@pytest.fixture
def bulletin(redis_server, run):
    made = Bulletin(redis_server.url, run)
    yield made
    made.close()


@pytest.fixture
def reader(redis_server, run):
    made = BulletinReader(redis_server.url, run)
    yield made
    made.close()


def test_the_standing_is_what_was_told_last(bulletin, reader, redis_server, run):
    assert reader.standing() == Standing()
    bulletin.tell("running")
    assert reader.standing() == Standing("running")
    bulletin.tell("failed", "the loss\nis NaN")
    assert reader.standing() == Standing("failed", "the loss is NaN")
    status = ExperienceReader(redis_server.url, run).status()  # the counts are in the same hash
    assert (status.bytes, status.appended) == (0, 0)


def test_a_standing_that_is_none_is_one_line(reader, redis_server, run):
    Connection(redis_server.url).client.hset(Keys(run).state, "phase", "odd")
    with pytest.raises(InputError, match="state: phase: found 'odd'"):
        reader.standing()


def test_only_the_newest_announcement_is_heard_and_once(bulletin, reader):
    assert reader.next_model(0.01) is None
    for model in ("one", "two"):
        bulletin.announce(model)
    assert reader.next_model(0.01) == "two"
    assert reader.next_model(0.01) is None
    bulletin.announce("three")
    assert reader.next_model(0.01) == "three"


def test_an_announcement_ends_the_wait(bulletin, reader):
    said = []

    def announce():
        time.sleep(0.05)
        said.append(time.monotonic())
        bulletin.announce("one")

    thread = threading.Thread(target=announce)
    thread.start()
    assert reader.next_model(1.0) == "one"
    assert time.monotonic() - said[0] < 0.5
    thread.join()


def test_records_are_returned_once_and_in_order(bulletin, reader):
    for number in range(3):
        bulletin.record(b"%d" % number)
    assert reader.new_records() == [b"0", b"1", b"2"]
    assert reader.new_records() == []
    bulletin.drop_records(lambda record: int(record) > 0)
    bulletin.record(b"7")
    assert reader.new_records() == [b"7"]


def test_another_run_hears_nothing(bulletin, redis_server, run):
    bulletin.tell("done")
    bulletin.announce("one")
    other = BulletinReader(redis_server.url, f"{run}-other")
    assert (other.standing(), other.next_model(0.01), other.new_records()) == (Standing(), None, [])
    other.close()
