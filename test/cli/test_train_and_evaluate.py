# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer train` and `evaluate` from their start to their end, without Gazebo."""

import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import yaml

from deepracer_ros.models.bucket import Bucket
from deepracer_ros.models.folder import read_model_path
from deepracer_ros.parameters import merge, read_parameters
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import read_progress
from deepracer_ros.run.state import read_state
from deepracer_ros.run.summary import read_summary
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3

pytestmark = pytest.mark.timeout(180)  # whole trainings: each takes 10 s at most on a quiet machine
PASSWORD = "correct-horse-battery"
SHORT = {
    "learning": {"epochs": 1, "precision": "float32"},
    "trainer": {"evaluate_every": 2, "perfect_evaluations": 0, "max_env_steps": 400},
}
Answer = namedtuple("Answer", "code out error commands")


class Command:
    """`deepracer` in a folder of its own."""

    def __init__(self, root):
        self.root = root

    def __call__(self, *arguments, redis=""):
        """Run it to its end; notes the command lines of all processes of the machine meanwhile."""
        environment = {**os.environ, "DEEPRACER_REDIS": redis}
        command = [sys.executable, "-m", "deepracer_ros.cli.main", *map(str, arguments)]
        with (self.root / "out").open("wb") as out, (self.root / "error").open("wb") as error:
            process = subprocess.Popen(command, cwd=self.root, env=environment, stdout=out, stderr=error)
        commands = set()
        try:
            while True:
                try:
                    code = process.wait(0.2)
                    break
                except subprocess.TimeoutExpired:
                    commands |= set(command_lines())
        finally:
            process.kill()
        return Answer(code, (self.root / "out").read_text(), (self.root / "error").read_text(), commands)


def command_lines():
    """Yield the command lines of all processes of this machine."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            yield entry.read_bytes()


@pytest.fixture(scope="module")
def deepracer(tmp_path_factory, small):
    """The command, in a folder with a short configuration."""
    root = tmp_path_factory.mktemp("user")
    (root / "short.yaml").write_text(yaml.safe_dump({"/**": {"ros__parameters": merge(small, SHORT)}}))
    return Command(root)


@pytest.fixture(scope="module")
def trained(deepracer):
    """A run that used a Redis server with a password; and what the command said."""
    with LocalRedis(deepracer.root / "redis", password=PASSWORD) as server:
        answer = deepracer("train", "--config", "short.yaml", "--name", "first", redis=server.tcp_url)
    assert answer.code == 0, answer.error
    return RunFolder(deepracer.root / "runs" / "first"), answer


def test_a_training_leaves_summary_video_and_model(trained):
    folder, answer = trained
    summary = read_summary(folder.summary)
    assert (summary.track, summary.simulator, summary.jobs) == ("oval", "embedded", 1)
    assert summary.env_steps >= 400
    assert summary.evaluation.laps_attempted == 1
    assert read_progress(folder.progress)[-1].env_steps == summary.env_steps
    assert set(read_progress(folder.progress)[-1].reward_terms) == {"progress", "failure"}
    manifest = read_model_path(folder.path).manifest
    assert (manifest.version, manifest.sha256) == (summary.model.version, summary.model.sha256)
    assert manifest.evaluation["laps_attempted"] == 1
    assert (folder.path / "drive.mp4").stat().st_size > 1000
    assert (folder.path / "drive.png").exists()
    assert list(folder.tensorboard.iterdir())
    assert read_state(folder.state).phase == "done"
    assert not list(folder.path.rglob(".*.tmp"))
    assert answer.out.splitlines()[-1].startswith(f"{summary.evaluation.laps_completed} of 1 laps completed, trained ")


def test_no_secret_stands_where_others_can_read(trained):
    folder, answer = trained
    with LocalS3(folder.s3) as server:
        bucket = Bucket(server.endpoint, "deepracer", credentials=(server.access_key, server.secret_key))
        objects = {key: bucket.get(key)[0] for key in bucket.keys("")}
        secrets = [PASSWORD.encode(), server.secret_key.encode()]
    assert any(key.endswith("manifest.json") for key in objects)
    files = [path for path in folder.path.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    contents = {str(path): path.read_bytes() for path in files} | objects
    assert {"config.yaml", "state.json", "manifest.json", "trainer.log"} <= {Path(name).name for name in contents}
    contents |= {"stdout": answer.out.encode(), "stderr": answer.error.encode()}
    contents |= {f"command line {line!r}": line for line in answer.commands}
    assert any(b"trainer_node" in line for line in answer.commands)
    assert [name for name, content in contents.items() for secret in secrets if secret in content] == []
    assert PASSWORD in folder.services.read_text()  # it is in the run's files: for the owner only
    assert b"***" in folder.config.read_bytes()


def test_evaluations_stand_beside_the_model_by_track(deepracer, trained):
    folder, _ = trained
    route = find_track("oval")
    np.save(deepracer.root / "route.npy", np.hstack([route.centre, route.left, route.right]))
    tracks = "route.npy,route.npy-reversed"
    answer = deepracer("evaluate", "--model", "runs/first/model/manifest.json", "--track", tracks, "--laps", 1)
    assert answer.code == 0, answer.error
    report = folder.model / "evaluation-embedded-route-route-reversed"
    names = {path.name for path in report.iterdir()}
    assert {"evaluation.json", "drive-route.mp4", "drive-route-reversed.mp4"} <= names
    assert json.loads((report / "evaluation.json").read_text())["laps_attempted"] == 2
    again = ("--track", "route.npy-reversed", "--laps", 1, "--simtrace")
    assert deepracer("evaluate", "--model", "runs/first", *again).code == 0
    (trace,) = (folder.deepracer).glob("evaluation-*/evaluation-simtrace/0-iteration.csv")
    (metrics,) = (folder.deepracer / "metrics").glob("EvaluationMetrics-*.json")
    (attempt,) = json.loads((folder.path / "evaluation-embedded-route-reversed" / "evaluation.json").read_text())[
        "attempts"
    ]
    (entry,) = json.loads(metrics.read_text())["metrics"]
    assert entry["completion_percentage"] == int(attempt["progress"])
    assert entry["episode_status"].lower().replace(" ", "_") == attempt["status"]
    assert len(trace.read_text().splitlines()) == 1 + 1 + attempt["steps"]
    assert [path.name for path in folder.path.glob("evaluation-*")] == ["evaluation-embedded-route-reversed"]


def test_an_evaluation_is_that_of_eval_params(deepracer, trained):
    folder, _ = trained
    (deepracer.root / "eval_params.yaml").write_text(
        "WORLD_NAME: 'oval'\nNUMBER_OF_TRIALS: '2'\nIS_CONTINUOUS: 'True'\nNUMBER_OF_RESETS: '3'\n"
        "OFF_TRACK_PENALTY: '4.0'\nEVAL_CHECKPOINT: 'last'\n"
    )
    answer = deepracer(
        "evaluate", "--model", "runs/first", "--from", "eval_params.yaml", "--resets", 2, "--output", "trials",
        "--simtrace",
    )  # fmt: skip
    assert answer.code == 0, answer.error
    report = json.loads((deepracer.root / "trials" / "evaluation.json").read_text())
    (attempt,) = report["attempts"]
    assert report["laps_attempted"] == 2
    assert attempt["resets"] == len(attempt["failures"]) == 2  # hardly trained, it comes off the road
    assert f"{report['laps_completed']} of 2 laps completed" in answer.out
    assert "2 resets" in answer.out
    (metrics,) = (deepracer.root / "trials" / "deepracer" / "metrics").glob("EvaluationMetrics-*.json")
    entries = json.loads(metrics.read_text())["metrics"]
    assert sum(entry["reset_count"] for entry in entries) == 2
    (trace,) = (deepracer.root / "trials" / "deepracer").glob("evaluation-*/evaluation-simtrace/0-iteration.csv")
    assert trace.read_text().count(",pause,") == 2
    assert ",4.0" in trace.read_text()
    wrong = deepracer("evaluate", "--model", "runs/first", "--off-track-penalty", 1)
    assert (wrong.code, wrong.out) == (2, "")
    assert "off_track_penalty: found 1, which has no effect with resets: 0" in wrong.error


def test_the_descriptions_of_deepracer_stand_beside_the_model(trained):
    folder, _ = trained
    metadata = json.loads((folder.model / "model_metadata.json").read_text())
    assert metadata["action_space"]["speed"] == {"low": 1.0, "high": 3.0}
    assert json.loads((folder.model / "hyperparameters.json").read_text())["num_epochs"] == 1


@pytest.fixture(scope="module")
def resumed(deepracer, trained):
    """The same run, gone on with servers of its own; what it was before is returned."""
    folder, _ = trained
    before = read_summary(folder.summary)
    # Without --config the run's own configuration holds: that of the package would not fit its checkpoint.
    # Its Redis server, whose password no file shows, is not there any more.
    own = ("--set", "experience.url=''")
    answer = deepracer("train", "--name", "first", *own, "--set", "trainer.max_env_steps=700")
    assert answer.code == 0, answer.error
    return folder, before


def test_a_run_of_the_same_name_goes_on(resumed):
    folder, before = resumed
    records = read_progress(folder.progress)
    assert records[-1].env_steps >= 700 > before.env_steps
    steps = [record.env_steps for record in records]
    assert steps == sorted(set(steps))
    assert before.env_steps in steps
    assert read_summary(folder.summary).training_seconds > before.training_seconds


def test_a_run_is_repeated_from_its_configuration(deepracer, resumed):
    folder, _ = resumed
    given = read_parameters(folder.config)
    assert not given["experience"].get("url")
    assert not given["models"].get("endpoint")
    answer = deepracer("train", "--config", "runs/latest/config.yaml", "--name", "second")
    assert answer.code == 0, answer.error
    assert read_summary(RunFolder(deepracer.root / "runs" / "second").summary).env_steps >= 700


def test_a_copied_run_is_cloned_with_another_reward_track_and_action_space(deepracer, trained):
    folder, _ = trained
    copy = deepracer.root / "elsewhere" / "copied"
    shutil.copytree(folder.path, copy, ignore=shutil.ignore_patterns("*.sock"))
    (deepracer.root / "mine.py").write_text(
        "def reward_function(params):\n    print('x', params['x'])\n    return 1.0\n"
    )
    other = ("--reward", "mine.py", "--track", "hairpin", "--set", "experience.url=''")
    answer = deepracer("train", "--clone", "elsewhere/copied:1", "--name", "third", "--simtrace", *other)
    assert answer.code == 0, answer.error
    third = RunFolder(deepracer.root / "runs" / "third")
    assert read_summary(third.summary).track == "hairpin"
    assert [path.name for path in third.sources.iterdir()] == ["mine.py"]
    assert read_parameters(third.config)["reward"] == str(deepracer.root / "mine.py")
    metrics = json.loads((third.deepracer / "metrics" / "TrainingMetrics.json").read_text())["metrics"]
    episodes = read_progress(third.progress)[-1].episodes
    # Cars whose recorder joined in the middle of an episode are left out.
    assert episodes - 64 <= len(metrics) <= episodes
    assert list((third.deepracer / "training-simtrace").glob("*.csv"))
    assert third.log("reward").read_text().startswith("x ")
    assert "reward_function" in read_progress(third.progress)[-1].reward_terms


def test_a_version_that_a_copied_run_lacks_is_refused_before_anything_starts(deepracer, trained):
    folder, _ = trained
    shutil.copytree(folder.path, deepracer.root / "elsewhere" / "other", ignore=shutil.ignore_patterns("*.sock"))
    refused = deepracer("train", "--clone", "elsewhere/other:77", "--name", "fourth", "--set", "experience.url=''")
    assert (refused.code, len(refused.error.splitlines())) == (2, 1)
    assert "version: found '77', expected last, best or one of: " in refused.error
    assert not (deepracer.root / "runs" / "fourth").exists()


def test_the_generalist_drives_a_track_that_it_has_never_seen(deepracer):
    answer = deepracer("evaluate", "--model", "generalist", "--track", "oval", "--laps", 2)
    assert answer.code == 0, answer.error
    assert "2 of 2 laps completed" in answer.out
    assert (deepracer.root / "evaluations" / "generalist" / "evaluation-embedded-oval" / "drive.mp4").is_file()
