# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Networks, action spaces and PPO in torch, independent of ROS, Redis and S3."""
