# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Gazebo worlds of tracks, with their ground pictures and meshes."""
