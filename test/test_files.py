# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Files and folders are whole or absent, and what killed writers left goes."""

import os

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.files import OWNER_ONLY, only_one, remove_remains, replace_folder, write_atomically


def test_remains_are_removed_and_an_old_folder_that_has_no_successor_is_put_back(tmp_path):
    for name in (".a.tmp", ".b.new.tmp", ".c.old.tmp", ".d.old.tmp"):
        (tmp_path / name).mkdir() if "." in name[2:-4] else (tmp_path / name).write_text("half")
        if (tmp_path / name).is_dir():
            (tmp_path / name / "file").write_text(name)
    (tmp_path / "c").mkdir()
    for kept in (".hidden", "plain.tmp", ".x.tmp.kept"):
        (tmp_path / kept).write_text("")
    remove_remains(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".hidden", ".x.tmp.kept", "c", "d", "plain.tmp"]
    assert (tmp_path / "d" / "file").read_text() == ".d.old.tmp"
    remove_remains(tmp_path / "absent")


def test_only_the_remains_of_one_file_are_removed_if_it_is_named(tmp_path):
    for name in (".a.tmp", ".b.tmp"):
        (tmp_path / name).write_text("half")
    remove_remains(tmp_path, "a")
    assert os.listdir(tmp_path) == [".b.tmp"]


def test_a_file_for_the_owner_only_is_so_also_where_another_one_was(tmp_path):
    path = tmp_path / "secret"
    path.write_text("")
    path.chmod(0o644)
    write_atomically(path, b"password", OWNER_ONLY)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"password", 0o600)


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    replace_folder(tmp_path / "a", {"x": b"1", "y": b"2"})
    replace_folder(tmp_path / "a", {"x": b"3"})
    assert os.listdir(tmp_path) == ["a"]
    assert os.listdir(tmp_path / "a") == ["x"]
    with pytest.raises(InputError, match="cannot be written"):
        replace_folder(tmp_path / "absent" / "a", {})


def test_a_lock_is_held_for_the_block_only(tmp_path):
    def hold():
        return only_one(tmp_path / "lock", "somebody works here")

    with hold(), pytest.raises(InputError, match="somebody works here, expected one at a time"), hold():
        pass
    with hold():
        pass
