# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Starts the processes and servers of a run on this machine, and restarts them if they die."""
