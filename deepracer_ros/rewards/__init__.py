# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Rewards of a step: weighted terms, or a user's DeepRacer `reward_function(params)`."""
