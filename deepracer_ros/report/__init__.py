# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The reports of a run: terminal view, curves, plots of the track, and videos."""
