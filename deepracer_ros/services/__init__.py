# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The local Redis-protocol and S3 servers that a training starts if none are configured."""
