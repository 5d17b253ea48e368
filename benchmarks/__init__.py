# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The benchmarks behind the package's figures of speed: `python -m benchmarks`, or `make bench`."""
