# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import os

import pytest

from deepracer_ros.engine import domain
from deepracer_ros.engine.domain import own_domain


@pytest.fixture(autouse=True)
def no_choice(monkeypatch):
    monkeypatch.delenv("ROS_DOMAIN_ID")
    monkeypatch.delenv("ROS_AUTOMATIC_DISCOVERY_RANGE")


def chosen():
    return os.environ.get("ROS_DOMAIN_ID"), os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE")


def test_two_trainings_have_a_domain_each():
    with own_domain() as first:
        assert chosen() == (str(first), "LOCALHOST")
        os.environ.pop("ROS_DOMAIN_ID")  # as in another process
        with own_domain() as second:
            assert second > first >= 0
            assert chosen() == (str(second), "LOCALHOST")
        os.environ["ROS_DOMAIN_ID"] = str(first)
    assert chosen() == (None, None)


def test_what_the_user_chose_stays(monkeypatch):
    assert domain.chosen_domain() == 0
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")
    with own_domain():
        assert chosen()[1] == "SUBNET"
    assert chosen() == (None, "SUBNET")
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    with own_domain() as found:
        assert found == -1
        assert domain.chosen_domain() == 7
        assert chosen() == ("7", "SUBNET")
    assert chosen() == ("7", "SUBNET")


def test_no_free_domain_is_said(monkeypatch):
    with own_domain() as found:  # any domain may be another process's
        monkeypatch.setattr(domain, "DOMAINS", range(found, found + 1))
        os.environ.pop("ROS_DOMAIN_ID")
        with pytest.raises(domain.InputError, match="expected a free one"), own_domain():
            pass
        os.environ["ROS_DOMAIN_ID"] = str(found)
