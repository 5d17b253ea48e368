# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The simulator `gazebo`: Gazebo Classic 11 in lock-step behind the `Simulator` protocol."""
