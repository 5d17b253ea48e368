# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Experience in Redis: binary segments, atomic appends, and reading that uses each segment exactly once."""
