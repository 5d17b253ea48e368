# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Files of DeepRacer and deepracer-for-cloud, read as configurations of this package."""
