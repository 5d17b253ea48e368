# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""ROS 2 nodes, which connect the topics to the packages below."""
