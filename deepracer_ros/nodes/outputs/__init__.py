# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Topics and services for other ROS programs, in addition to the topics of the pipeline."""
