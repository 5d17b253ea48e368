# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A user's reward function in a process of its own, which can write nothing, reach nothing, and hang for nobody."""
