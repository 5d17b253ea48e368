# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The files of a run in S3: a whole set or none, and none outside of its folder."""

import json

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.run.bucket_files import fetch_run_files, put_run_files


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_was_put_last_is_fetched(bucket, run, tmp_path):
    first, second = {"config.yaml": b"a", "reward.py": b"b"}, {"config.yaml": b"a", "track.npy": b"\x00c"}
    for files in (first, second):
        put_run_files(bucket, run, files)
        fetch_run_files(bucket, run, tmp_path / "sources")
        assert contents(tmp_path / "sources") == files


def test_a_run_that_is_not_there_is_one_line(bucket, run, tmp_path):
    with pytest.raises(InputError, match=rf"runs/{run}/files.json: not found, expected the files of the run"):
        fetch_run_files(bucket, run, tmp_path / "sources")
    assert not (tmp_path / "sources").exists()


@pytest.mark.parametrize("name", ["../reward.py", "/etc/reward.py", ".hidden", "", "a/b", "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused(bucket, run, tmp_path, name):
    with pytest.raises(InputError, match="expected a plain name"):
        put_run_files(bucket, run, {name: b"x"})
    bucket.replace(f"runs/{run}/files.json", json.dumps({name: "0" * 64}).encode())
    with pytest.raises(InputError, match="expected a plain name"):
        fetch_run_files(bucket, run, tmp_path / "sources")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000, b'{"a": 3}', b'{"a": "short"}'])
def test_what_is_no_list_of_files_is_one_line(bucket, run, tmp_path, content):
    bucket.replace(f"runs/{run}/files.json", content)
    with pytest.raises(InputError, match=f"{run}/files.json: ") as caught:
        fetch_run_files(bucket, run, tmp_path / "sources")
    assert "\n" not in str(caught.value)


def test_a_damaged_file_leaves_the_old_ones(bucket, run, tmp_path):
    put_run_files(bucket, run, {"config.yaml": b"a"})
    fetch_run_files(bucket, run, tmp_path / "sources")
    put_run_files(bucket, run, {"config.yaml": b"b"})
    (key,) = [key for key in bucket.keys(f"runs/{run}/files/") if bucket.get(key)[0] == b"b"]
    bucket.replace(key, b"c")
    with pytest.raises(InputError, match=r"config.yaml: sha256 is .*, expected"):
        fetch_run_files(bucket, run, tmp_path / "sources")
    assert contents(tmp_path / "sources") == {"config.yaml": b"a"}
