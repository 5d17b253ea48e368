# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Time-optimal laps of the package's own car on a track, and a driver that follows them."""
