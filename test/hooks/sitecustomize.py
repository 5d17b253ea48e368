# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Python imports this first in every process whose PYTHONPATH has this folder."""

import checkpoint_notes

checkpoint_notes.install()
