# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Simulators behind one protocol, the environment that joins them with the referee, and its Gymnasium interface."""
