# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Names of files that are made of names of tracks."""

from deepracer_ros.names import LONGEST_LABEL, name_of_tracks


def test_a_few_tracks_are_named_and_many_are_counted():
    assert name_of_tracks(["oval", "reinvent base"]) == "oval-reinvent-base"
    many = name_of_tracks([f"random-{seed}" for seed in range(48)])
    assert many == "random-0-and-47-more"
    assert len(name_of_tracks(["x" * 300, "oval"])) <= LONGEST_LABEL + len("-and-1-more")
