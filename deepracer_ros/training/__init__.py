# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The trainer, the recording of experience, the evaluation, and the configuration of a run."""
