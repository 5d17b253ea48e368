# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A bag of a run replays to the same decisions; another model, or another picture, does not."""

import numpy as np
import pytest
from safetensors.numpy import load, save

from deepracer_ros.cli.main import main
from deepracer_ros.errors import InputError
from deepracer_ros.models.folder import read_model_path, write_model_folder
from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.bag_recorder import BagRecorder
from deepracer_ros.nodes.replay import replay
from deepracer_ros.nodes.simulation_node import SimulationNode
from deepracer_ros.training.policies import make_policy

STEPS = 40


@pytest.fixture
def record(graph, setting, untrained, tmp_path):
    """Record some steps of cars that a model drives; return the bag and what it holds."""

    def make(**agent):
        made = graph(setting(agent={"model": str(untrained), **agent}))
        count, bag = {}, tmp_path / "bag"
        recorder = made.add(lambda: BagRecorder(bag, None, count))
        made.add(AgentNode)
        made.add(SimulationNode)
        made.until(lambda: min(count.get(topic, 0) for topic in ("/camera/image_raw", "/drive", "/race/state")) > STEPS)
        recorder.close()
        recorder.close = lambda: None
        return bag, count

    return make


@pytest.mark.parametrize("explore", [True, False])
def test_the_same_model_decides_the_same_again(record, untrained, explore):
    bag, count = record(explore=explore)
    assert {"/camera/image_raw", "/drive", "/race/state", "/clock", "/agent/model"} <= set(count)
    found = replay(bag, make_policy(read_model_path(untrained)), "0")
    assert found.same >= STEPS - 5  # the first steps came before the recorder had found all topics
    assert (found.different, found.others, found.first) == (0, 0, None)
    assert found.largest < 1e-5


def test_another_model_does_not(record, untrained, tmp_path, capfd):
    bag, _ = record()
    model = read_model_path(untrained)
    other = {name: np.asarray(tensor * 1.5, np.float32) for name, tensor in load(save(model.tensors)).items()}
    write_model_folder(tmp_path / "other", other, model.manifest)
    found = replay(bag, make_policy(read_model_path(tmp_path / "other")), "0")
    assert found.different > 0
    assert found.first is not None
    with pytest.raises(InputError, match="commands of other models, expected some of version 7"):
        replay(bag, make_policy(model), "7")
    assert main(["replay", str(bag), "--model", str(untrained)]) == 0
    assert "are decided again" in capfd.readouterr().out
    assert main(["replay", str(bag), "--model", str(tmp_path / "other")]) == 1


def test_what_is_no_bag_is_one_line(untrained, tmp_path, capfd):
    (tmp_path / "there").mkdir()
    assert main(["record", str(tmp_path / "there")]) == 2
    assert "there: exists, expected a new folder for the bag" in capfd.readouterr().err
    assert main(["replay", str(tmp_path / "there"), "--model", str(untrained)]) == 2
    assert "there: cannot be read" in capfd.readouterr().err
