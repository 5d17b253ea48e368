# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Files as deepracer-for-cloud writes them."""

import pytest
import yaml


@pytest.fixture
def write_quoted(tmp_path):
    """Write a YAML file whose values are all in quotes, and return its path."""

    def write(name, values):
        path = tmp_path / name
        path.write_text(yaml.dump(values, default_style="'", explicit_start=True))
        return path

    return write
