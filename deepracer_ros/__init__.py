# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A self-hosted DeepRacer: train, watch, race and deploy camera-driven policies on ROS 2."""

from deepracer_ros.simulation.registration import register_environments

register_environments()
