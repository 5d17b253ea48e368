# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Whatever a person gets wrong is one line that names it, exit code 2, and nothing is begun."""

import json
import time

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from deepracer_ros.cli.main import main
from deepracer_ros.run.checkpoint import FileCheckpoints, Progress
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.parts import make_run_learner


@pytest.fixture
def refused(capsys, tmp_path, monkeypatch):
    """Run a command that ends with one line, soon; return the line."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        began = time.monotonic()
        assert main([str(argument) for argument in arguments]) == 2
        assert time.monotonic() - began < 30.0  # it waits for nothing; torch alone takes 4 s to load on a slow machine
        out, error = capsys.readouterr()
        assert out == ""
        assert error.startswith("deepracer: ")
        assert error.count("\n") == 1
        return error.removeprefix("deepracer: ").strip()

    return run


def parameters(tmp_path, text):
    path = tmp_path / "my.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "learning.epoch=6"], "unknown key 'epoch', perhaps 'epochs'"),
        (["--set", "learning.epochs=many"], "command line: learning.epochs: found 'many', expected a whole number"),
        (["--set", "learning.epochs"], "--set learning.epochs: expected KEY=VALUE"),
        (["--set", "learning.epochs=[1"], "found '[1', expected YAML"),
        (["--set", "learning=3", "--set", "learning.epochs=6"], "found 'learning' with the value 3"),
        (["--set", "tracks=oval"], "command line: tracks: found 'oval', expected a list"),
        (["--set", "simulation.simulator=webots"], "simulator: found 'webots', expected one of embedded, gazebo"),
        (["--set", "camera.colour=rgb"], "camera.colour: found 'rgb', expected the network's 'grey'"),
        (["--config", "none.yaml"], "none.yaml: cannot be read (No such file or directory)"),
        (["--config", "."], ".: cannot be read (Is a directory)"),
        (["--set", "trainer.sinks=[cloud]"], "trainer.sinks: found 'cloud', expected one of tensorboard"),
        (["--jobs", "0"], "jobs: found 0, expected 1 to 1000"),
        (["--track", "ovall"], "track ovall: unknown; perhaps oval"),
        (["--track", ""], "tracks: found 0, expected 1 or more"),
        (["--track", "none.npy"], "none.npy: cannot be read"),
        (["--reward", "none.py"], "none.py: cannot be read"),
        (["--reward", "fastest"], "reward: found 'fastest'"),
        (["--redis", "redis://127.0.0.1:1"], "redis://127.0.0.1:1: no success within 2 s (unreachable"),
        (["--redis", "http://127.0.0.1:1"], "redis URL http://127.0.0.1:1: is not understood"),
        (["--s3", "http://127.0.0.1:1"], "s3 http://127.0.0.1:1 bucket 'deepracer': unreachable"),
        (["--s3", "127.0.0.1"], "models.endpoint: found '127.0.0.1', expected http://"),
        (["--name", "../up"], "run name: found '../up'"),
        (["--name", "latest"], "run name: found 'latest'"),
        (["--runs", "/dev/null/runs"], "/dev/null/runs: cannot be written (Not a directory)"),
        (["--runs", "/proc/runs"], "/proc/runs: cannot be written (No such file or directory)"),
    ],
)
def test_train(refused, tmp_path, arguments, words):
    assert words in refused("train", *arguments)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1", "my.yaml: found no '/**: ros__parameters:'"),
        ("/**: {ros__parameters: {seeds: 1}}", "my.yaml: unknown key 'seeds', perhaps 'seed'"),
        ("/**: {ros__parameters: {seed: one}}", "my.yaml: seed: found 'one', expected a whole number"),
        (
            "/**: {ros__parameters: {learning: 3}}",
            "my.yaml: learning: found 3, expected keys and values: learning_rate",
        ),
        ("/**: {ros__parameters: [", "my.yaml: is not YAML"),
    ],
)
def test_a_configuration_file(refused, tmp_path, text, words):
    assert words in refused("train", "--config", parameters(tmp_path, text))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "route",
    [
        np.zeros((10, 5)),
        np.full((10, 6), np.nan),
        np.array([{"a": 1}] * 6, object),
        np.zeros(0),
        np.array(["x"] * 6),
        np.zeros((10, 6)),
    ],
    ids=["shape", "NaN", "pickle", "empty", "text", "one point"],
)
def test_a_route(refused, tmp_path, route):
    path = tmp_path / "route.npy"
    np.save(path, route, allow_pickle=True)
    assert refused("train", "--track", path).startswith((f"{path}: ", "route route: "))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def reward_function(params) return 1", "my.py:1: expected ':', expected Python"),
        ("def reward(params): return 1", "my.py: found reward, expected reward_function(params)"),
        ("import nothing_of_this_name", "my.py:1: ModuleNotFoundError"),
        ("def reward_function(params):\n    return params['speeed']", "my.py:2: KeyError: 'speeed' at steps 2"),
    ],
)
def test_a_reward(refused, tmp_path, text, words):
    path = tmp_path / "my.py"
    path.write_text(text)
    assert words in refused("train", "--reward", path)
    assert not (tmp_path / "runs").exists()


def test_a_redis_password(refused, tmp_path):
    with LocalRedis(tmp_path / "redis", password="right") as server:
        for url in (server.tcp_url.replace("right", "wrong"), server.tcp_url.replace(":right@", "")):
            line = refused("train", "--redis", url)
            assert "expected the right password in the URL" in line
            assert "wrong" not in line.partition("(")[0]


def test_gazebo_that_is_not_prepared(refused, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_GAZEBO", str(tmp_path / "gazebo"))
    assert "deepracer gazebo prepare" in refused("train", "--simulator", "gazebo")
    assert not (tmp_path / "runs").exists()


@pytest.fixture(scope="module")
def untrained():
    """The state of an untrained learner."""
    return make_run_learner(RunConfig()).state()


@pytest.fixture
def run_folder(tmp_path, untrained):
    """A run with the checkpoint of an untrained network."""
    folder = RunFolder(tmp_path / "runs" / "monday")
    folder.path.mkdir(parents=True)
    checkpoints = FileCheckpoints(folder.checkpoint, folder.trainer_lock)
    checkpoints.save(untrained, Progress(updates=3))
    checkpoints.close()
    folder.trainer_lock.unlink()
    return folder


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[:1000], "cannot be read as a checkpoint"),
        (lambda content: b"", "cannot be read as a checkpoint"),
        (lambda content: content.replace(b"deepracer_ros checkpoint 2", b"deepracer_ros checkpoint 1"), "of format"),
        (lambda content: content.replace(b"weight/", b"height/"), "expected a checkpoint of this configuration"),
    ],
    ids=["truncated", "empty", "format", "names"],
)
def test_a_damaged_checkpoint(refused, run_folder, damage, words):
    path = run_folder.checkpoint
    path.write_bytes(damage(path.read_bytes()))
    line = refused("train", "--name", "monday")
    assert "runs/monday/checkpoint.safetensors" in line
    assert words in line
    assert list(run_folder.path.iterdir()) == [path]


@pytest.mark.parametrize(
    "settings",
    [
        ["network.size=shallow"],
        ["network.width=96", "camera.width=96"],
        ["actions.type=discrete"],
    ],
)
def test_another_network_than_the_checkpoints(refused, run_folder, settings):
    options = [part for setting in settings for part in ("--set", setting)]
    line = refused("train", "--name", "monday", *options)
    assert "runs/monday/checkpoint.safetensors" in line
    assert list(run_folder.path.iterdir()) == [run_folder.checkpoint]


def test_a_hidden_password(refused, tmp_path):
    path = parameters(tmp_path, "/**: {ros__parameters: {experience: {url: 'redis://:***@127.0.0.1:1'}}}")
    line = refused("train", "--config", path)
    assert "whose password is hidden; expected the whole URL, given by --redis URL or DEEPRACER_REDIS=URL" in line
    assert "no success within 2 s" in refused("train", "--config", path, "--redis", "redis://:right@127.0.0.1:1")
    assert not (tmp_path / "runs").exists()


def test_evaluate(refused, tmp_path):
    assert "none" in refused("evaluate", "--model", "none")
    assert refused("evaluate", "--laps", "0") == "--laps: found 0, expected 1 or more"
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"weight": np.ones(3, np.float32)}, folder / "policy.safetensors")
    for manifest in ("", "[]", "{}", json.dumps({"run": 3}), yaml.dump({"run": "a"})):
        (folder / "manifest.json").write_text(manifest)
        assert "manifest.json: " in refused("evaluate", "--model", folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_models(refused):
    assert "latest: not found" in refused("models", "list")
    assert "expected" in refused("models", "--endpoint", "http://127.0.0.1:1", "list")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "--laps", "x"], "argument --laps: invalid int value: 'x'; `deepracer evaluate --help`"),
        (["foo"], "invalid choice: 'foo'"),
        ([], "the following arguments are required: COMMAND"),
        (["train", "--nosuch"], "unrecognized arguments: --nosuch"),
    ],
)
def test_a_wrong_command_line_is_one_line_too(refused, arguments, words):
    assert words in refused(*arguments)


def test_a_key_that_stands_twice_in_a_file_is_refused(refused, tmp_path):
    text = "/**:\n  ros__parameters:\n    seed: 1\n    seed: 2\n"
    line = refused("train", "--config", parameters(tmp_path, text))
    assert "my.yaml: is not YAML" in line
    assert "found key 'seed' twice, expected it once" in line
