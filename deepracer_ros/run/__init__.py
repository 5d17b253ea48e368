# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A run: its folder, progress, checkpoints, sinks and summary."""
