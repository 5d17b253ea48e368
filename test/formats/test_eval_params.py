# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`eval_params.yaml` and the DR_EVAL_ variables of `run.env` mean the evaluation that they say."""

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.formats.eval_params import read_evaluation_params
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.training.config import read_config

PARAMS = {
    "AWS_REGION": "us-east-1", "JOB_TYPE": "EVALUATION", "MODEL_S3_BUCKET": ["bucket"], "MODEL_S3_PREFIX": ["mine"],
    "RACE_TYPE": "TIME_TRIAL", "WORLD_NAME": "oval", "NUMBER_OF_TRIALS": "3", "IS_CONTINUOUS": "False",
    "NUMBER_OF_RESETS": "100", "OFF_TRACK_PENALTY": "3.0", "COLLISION_PENALTY": "4.0", "EVAL_CHECKPOINT": "last",
    "START_POSITION_OFFSET": "0.0", "MP4_S3_BUCKET": ["bucket"], "ENABLE_DOMAIN_RANDOMIZATION": "false",
}  # fmt: skip


@pytest.fixture
def params(write_quoted):
    """Read a file with these keys."""
    return lambda **changes: read_evaluation_params(write_quoted("eval_params.yaml", {**PARAMS, **changes}))


def test_trials_resets_penalties_and_checkpoint(params):
    found = params()
    assert (found.trials, found.continuous, found.checkpoint) == (3, False, "last")
    assert found.values == {
        "tracks": ["oval"],
        "race": {"type": "time_trial"},
        "referee": {
            "start": {"offset": 0.0},
            "recovery": {"resets": 100, "distance": 1.0, "off_track_penalty": 3.0, "collision_penalty": 4.0},
        },
    }
    recovery = read_config(found.values, "test").referee.recovery
    assert (recovery.resets, recovery.off_track_penalty, recovery.collision_penalty) == (100, 3.0, 4.0)


def test_without_resets_the_first_failure_ends_a_trial(params):
    assert params(NUMBER_OF_RESETS="0").values["referee"] == {"start": {"offset": 0.0}}


def test_mercy_resets(params):
    recovery = params(ENABLE_MERCY_RESET="True", RESET_BEHIND_DIST="0.5").values["referee"]["recovery"]
    assert (recovery["mercy"], recovery["distance"], recovery["distance_ahead"]) == (3, 0.5, 1.0)
    read_config({"referee": {"recovery": recovery}}, "test")


def test_obstacles_and_direction(params):
    found = params(
        RACE_TYPE="OBJECT_AVOIDANCE", NUMBER_OF_OBSTACLES="4", REVERSE_DIR="True", START_POSITION_OFFSET="0.25"
    )
    assert found.values["race"] == {"type": "object_avoidance", "obstacles": {"count": 4, "kind": "box"}}
    assert found.values["referee"]["start"] == {"direction": "reverse", "offset": 0.25}


def test_the_variables_of_deepracer_for_cloud(tmp_path):
    (tmp_path / "run.env").write_text(
        "DR_WORLD_NAME=oval\nDR_TRAIN_REVERSE_DIRECTION=True\nDR_EVAL_NUMBER_OF_TRIALS=5\nDR_EVAL_IS_CONTINUOUS=True\n"
        "DR_EVAL_MAX_RESETS=7\nDR_EVAL_CHECKPOINT=best\nDR_EVAL_REVERSE_DIRECTION=False\nDR_EVAL_RESET_BEHIND_DIST=-0.5\n"
        "DR_TRAIN_START_POSITION_OFFSET=0.3\n"
    )
    found = read_evaluation_params(tmp_path)
    assert (found.trials, found.continuous, found.checkpoint) == (5, True, "best")
    assert found.values["referee"]["recovery"] == {
        "resets": 7, "distance": -0.5, "off_track_penalty": 5.0, "collision_penalty": 5.0,
    }  # fmt: skip
    assert "start" not in found.values["referee"]  # the direction is that of the evaluation


def test_a_route_beside_it_is_the_track(tmp_path, params):
    track = find_track("oval")
    np.save(tmp_path / "mine.npy", np.hstack([track.centre, track.left, track.right]))
    assert params(WORLD_NAME="mine").values["tracks"] == [str((tmp_path / "mine.npy").resolve())]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"NUMBER_OF_TRIALS": "0"}, 'NUMBER_OF_TRIALS: found "0", expected a number from 1 to 1000'),
        ({"IS_CONTINUOUS": "perhaps"}, 'IS_CONTINUOUS: found "perhaps", expected true or false'),
        ({"EVAL_CHECKPOINT": "first"}, 'EVAL_CHECKPOINT: found "first", expected one of best, last'),
        ({"OFF_TRACK_PENALTY": "-1"}, 'OFF_TRACK_PENALTY: found "-1", expected a number from 0 to 1000'),
        ({"ENABLE_MERCY_RESET": "3"}, 'ENABLE_MERCY_RESET: found "3", expected true or false'),
        ({"RACE_TYPE": "F1"}, 'RACE_TYPE: found "F1", expected one of TIME_TRIAL, OBJECT_AVOIDANCE'),
    ],
)
def test_what_is_wrong_is_one_line(params, changes, message):
    with pytest.raises(InputError) as caught:
        params(**changes)
    assert message in str(caught.value)
    assert "eval_params.yaml: " in str(caught.value)


def test_a_folder_without_such_a_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"found none of eval_params.yaml, .*run.env, expected one of them"):
        read_evaluation_params(tmp_path)
