# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Values in parameter files and of `--set`: numbers are those that ROS takes for numbers."""

import pytest

from deepracer_ros.parameters import parse_value, read_parameters


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-06", 1e-6), ("1e38", 1e38), ("-2.5E3", -2500.0), (".5e1", 5.0), ("1.e2", 100.0), ("1e", "1e"),
        ("e5", "e5"), ("1e5m", "1e5m"), ("'1e5'", "1e5"), ("7", 7), ("[1e2, a]", [100.0, "a"]), ("0x1e2", 482),
    ],
)  # fmt: skip
def test_a_number_with_an_exponent_is_a_number(tmp_path, text, value):
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)
    path = tmp_path / "parameters.yaml"
    path.write_text(f"/**:\n  ros__parameters:\n    learning:\n      value: {text}\n")
    assert read_parameters(path)["learning"]["value"] == value
