# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Passwords from the environment and from files, and where they go in a URL."""

import pytest

from deepracer_ros.credentials import find_password
from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import (
    PASSWORD_VARIABLE,
    complete_url,
    has_password,
    hide_password,
    split_password,
    with_password,
)

NAME = "DEEPRACER_TEST_PASSWORD"


def test_the_variable_comes_before_the_file(monkeypatch, tmp_path):
    assert find_password(NAME) == ""
    path = tmp_path / "password"
    path.write_text("from a file\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    assert find_password(NAME) == "from a file"
    monkeypatch.setenv(NAME, "from the environment")
    assert find_password(NAME) == "from the environment"


@pytest.mark.parametrize("content", ["", "\n", "two\nlines\n"])
def test_a_file_that_is_no_password_is_one_line_without_its_content(monkeypatch, tmp_path, content):
    path = tmp_path / "password"
    path.write_text(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    with pytest.raises(InputError, match=rf"{path}: found \d lines, expected one with the password") as caught:
        find_password(NAME)
    assert "two" not in str(caught.value)
    path.unlink()
    with pytest.raises(InputError, match=f"{path}: cannot be read"):
        find_password(NAME)


@pytest.mark.parametrize(
    ("url", "password", "whole"),
    [
        ("redis://host:6379", "p", "redis://:p@host:6379"),
        ("rediss://user@host:6379/2", "p", "rediss://user:p@host:6379/2"),
        ("unix:///run/redis.sock", "p", "unix://:p@/run/redis.sock"),
        ("redis://host", "a/b@c:%", "redis://:a%2Fb%40c%3A%25@host"),
    ],
)
def test_a_password_goes_into_a_url_and_out_again(url, password, whole):
    assert with_password(url, password) == whole
    assert split_password(whole) == (url, password)
    assert (has_password(whole), has_password(url)) == (True, False)
    assert password not in hide_password(whole) or password == "p"
    assert split_password(url) == (url, "")
    assert with_password(url, "") == url


def test_a_url_is_completed_unless_it_has_a_password(monkeypatch):
    assert complete_url("redis://host") == "redis://host"
    monkeypatch.setenv(PASSWORD_VARIABLE, "p")
    assert complete_url("redis://host") == "redis://:p@host"
    assert complete_url("redis://:other@host") == "redis://:other@host"
