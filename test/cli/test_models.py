# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import argparse

import numpy as np
import pytest

from deepracer_ros.cli import models
from deepracer_ros.errors import InputError
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.policy_file import Manifest
from deepracer_ros.models.store import ModelStore
from deepracer_ros.services.record import ServicesRecord
from deepracer_ros.services.s3_server import LocalS3

CAMERA = {"FRONT_FACING_CAMERA": {"shape": [60, 80], "dtype": "|u1", "unit": "levels"}}
MANIFEST = Manifest("oval-run", {"size": "small"}, {"kind": "discrete"}, CAMERA, env_steps=4096)


def deepracer(*arguments):
    parser = argparse.ArgumentParser()
    models.add_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *map(str, arguments)])
    return args.run(args)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of runs, the latest of which has ended: its S3 server is gone."""
    root = tmp_path_factory.mktemp("runs")
    folder = root / "oval-run"
    folder.mkdir()
    (root / "latest").symlink_to("oval-run")
    with LocalS3(folder / "s3") as server:
        store = ModelStore(ModelsConfig(server.endpoint), "oval-run", (server.access_key, server.secret_key))
        for _ in range(3):
            store.publish({"weight": np.ones(3, np.float32)}, MANIFEST, best=store.pointer() is None)
        store.add_evaluation(1, {"laps_completed": 3, "laps_attempted": 3, "mean_lap_seconds": 6.25})
        ServicesRecord(s3_endpoint=server.endpoint, s3_folder="s3").write(folder / "services.json")
    return root


@pytest.fixture(scope="module")
def server(runs):
    """The run's own server, running again, as while it trains."""
    with LocalS3(runs / "oval-run" / "s3") as server:
        record = ServicesRecord(s3_endpoint=server.endpoint, s3_folder="s3")
        record.write(runs / "oval-run" / "services.json")
        yield server


def test_list_starts_the_server_of_a_finished_run(runs, capsys):
    assert deepracer("--runs", runs, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:4:2]] == [["1", "best"], ["3", "last"]]
    assert lines[1].endswith("laps_completed=3 laps_attempted=3 mean_lap_seconds=6.25")
    assert not lines[2].rstrip().endswith("6.25")
    assert lines[-1] == "3 versions of run 'oval-run'"


def test_show_prints_the_manifest(runs, server, capsys):
    assert deepracer("--runs", runs, "--run", "oval-run", "show", "last") == 0
    shown = capsys.readouterr().out
    assert '"version": 3' in shown
    assert '"env_steps": 4096' in shown
    assert '"evaluation": null' in shown
    assert deepracer("--runs", runs, "show", "best") == 0
    assert '"laps_completed": 3' in capsys.readouterr().out


def test_rollback_moves_last(runs, server, capsys):
    assert deepracer("--runs", runs, "rollback", 2) == 0
    assert capsys.readouterr().out == "run 'oval-run': last is now version 2 (before: 3)\n"
    assert deepracer("--run", runs / "latest", "rollback", "best") == 0
    assert "version 1 (before: 2)" in capsys.readouterr().out


def test_versions_that_are_not_there_are_named(runs, server):
    for version in ("9", "newest"):
        with pytest.raises(InputError, match=f"found '{version}', expected last, best or one of: 1, 2, 3"):
            deepracer("--runs", runs, "show", version)


def test_another_endpoint_takes_boto3s_credentials(runs, server, capsys, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    assert deepracer("--run", "oval-run", "--endpoint", server.endpoint, "--bucket", "deepracer", "list") == 0
    assert "3 versions" in capsys.readouterr().out
    assert deepracer("--run", "oval-run", "--endpoint", server.endpoint, "--bucket", "empty", "list") == 0
    assert "0 versions" in capsys.readouterr().out
    with pytest.raises(InputError, match="endpoint"):
        deepracer("--run", "oval-run", "--endpoint", "nowhere", "list")


def test_runs_that_are_not_there_are_named(tmp_path):
    with pytest.raises(InputError, match="latest: not found, expected the folder of a run"):
        deepracer("--runs", tmp_path, "list")
    (tmp_path / "latest").mkdir()
    with pytest.raises(InputError, match=r"services.json: No such file"):
        deepracer("--runs", tmp_path, "list")
