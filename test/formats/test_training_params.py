# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`training_params.yaml` and `run.env` mean the race, the starts and the track that they say."""

import numpy as np
import pytest
import yaml

from deepracer_ros.errors import InputError
from deepracer_ros.formats.folder import read_owner_folder
from deepracer_ros.formats.training_params import read_run_env, read_training_params
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.training.config import read_config

PARAMS = {
    "AWS_REGION": "us-east-1", "JOB_TYPE": "TRAINING", "NUM_WORKERS": "1", "CAR_COLOR": "Red",
    "RACE_TYPE": "TIME_TRIAL", "WORLD_NAME": "oval", "REVERSE_DIR": "False", "ALTERNATE_DRIVING_DIRECTION": "false",
    "CHANGE_START_POSITION": "true", "ROUND_ROBIN_ADVANCE_DIST": "0.05", "START_POSITION_OFFSET": "0.00",
    "ENABLE_DOMAIN_RANDOMIZATION": "false", "MIN_EVAL_TRIALS": "5", "BEST_MODEL_METRIC": "progress",
}  # fmt: skip
BOXES = {
    "RACE_TYPE": "OBJECT_AVOIDANCE", "NUMBER_OF_OBSTACLES": "4", "MIN_DISTANCE_BETWEEN_OBSTACLES": "2.5",
    "RANDOMIZE_OBSTACLE_LOCATIONS": "True", "IS_OBSTACLE_BOT_CAR": "false",
}  # fmt: skip


@pytest.fixture
def params(write_quoted):
    """Read a file with these keys."""
    return lambda **changes: read_training_params(write_quoted("training_params.yaml", {**PARAMS, **changes}))


def test_a_time_trial(params):
    values = params()
    assert values == {
        "tracks": ["oval"],
        "race": {"type": "time_trial"},
        "referee": {"start": {"spread": "round_robin", "advance": 0.05, "offset": 0.0}},
        "trainer": {"evaluation_starts": 5, "best_by": "progress"},
    }
    read_config(values, "test")


def test_starts(params):
    start = params(CHANGE_START_POSITION="False", START_POSITION_OFFSET="0.25", REVERSE_DIR="True")["referee"]["start"]
    assert (start["spread"], start["offset"], start["direction"]) == ("fixed", 0.25, "reverse")
    assert params(ALTERNATE_DRIVING_DIRECTION="True")["referee"]["start"]["direction"] == "alternate"


def test_obstacles_at_random_and_at_places(params):
    race = params(**BOXES)["race"]
    assert race["obstacles"] == {"count": 4, "kind": "box", "random": True, "spacing": 2.5}
    read_config({"race": race}, "test")
    places = {**BOXES, "OBJECT_POSITIONS": ["0.23,-1", "0.46,1"], "IS_OBSTACLE_BOT_CAR": "true"}
    race = params(**places)["race"]
    assert race["obstacles"] == {"count": 2, "kind": "car", "progress": [23.0, 46.0], "lane": [-0.5, 0.5]}
    read_config({"race": race}, "test")


def test_domain_randomisation_is_another_look(params):
    assert set(params(ENABLE_DOMAIN_RANDOMIZATION="true")["randomisation"]) == {"light_gain", "light_offset", "colour"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"RACE_TYPE": "HEAD_TO_BOT"}, 'RACE_TYPE: found "HEAD_TO_BOT", expected one of TIME_TRIAL, OBJECT_AVOIDANCE'),
        ({"BEST_MODEL_METRIC": "laps"}, 'BEST_MODEL_METRIC: found "laps", expected one of progress, laptime, reward'),
        ({"MIN_EVAL_TRIALS": "none"}, 'MIN_EVAL_TRIALS: found "none", expected a number from 1 to 1000'),
        ({"REVERSE_DIR": "perhaps"}, 'REVERSE_DIR: found "perhaps", expected true or false'),
        ({"ROUND_ROBIN_ADVANCE_DIST": "2"}, 'ROUND_ROBIN_ADVANCE_DIST: found "2", expected a number from 0 to 1'),
        ({**BOXES, "OBJECT_POSITIONS": ["1.5,2"]}, "OBJECT_POSITIONS: found .*, expected places PROGRESS,LANE"),
    ],
)
def test_what_is_wrong_or_not_supported_is_named(params, changes, message):
    with pytest.raises(InputError, match=f"training_params.yaml: {message}"):
        params(**changes)


def test_a_file_that_is_no_yaml_is_named(tmp_path):
    (tmp_path / "training_params.yaml").write_text("a: [")
    with pytest.raises(InputError, match="training_params.yaml: is not YAML"):
        read_training_params(tmp_path / "training_params.yaml")
    with pytest.raises(InputError, match="none.yaml: cannot be read"):
        read_training_params(tmp_path / "none.yaml")


def test_run_env_means_the_same(tmp_path):
    path = tmp_path / "run.env"
    path.write_text(
        "# my run\nDR_RUN_ID=0\nDR_WORLD_NAME=oval\nexport DR_RACE_TYPE='OBJECT_AVOIDANCE'\nDR_CAR_COLOR=Red\n"
        'DR_OA_OBJECT_POSITIONS="0.23,-1;0.46,1"\nDR_TRAIN_CHANGE_START_POSITION=True # as it should\n'
        "DR_TRAIN_MIN_EVAL_TRIALS=3\nDR_OA_NUMBER_OF_OBSTACLES=\n"
    )
    values = read_run_env(path)
    assert values["tracks"] == ["oval"]
    assert values["race"]["obstacles"]["progress"] == [23.0, 46.0]
    assert values["referee"]["start"] == {"spread": "round_robin"}
    assert values["trainer"] == {"evaluation_starts": 3}


def write(path, **changes):
    path.write_text(yaml.dump({**PARAMS, **changes}, default_style="'"))


def test_the_world_s_route_is_the_track(tmp_path):
    track = find_track("oval")
    write(tmp_path / "training_params.yaml", WORLD_NAME="mine")
    for name in ("mine", "other"):
        np.save(tmp_path / f"{name}.npy", np.hstack([track.centre, track.left, track.right]))
    assert read_owner_folder(tmp_path)["tracks"] == [str((tmp_path / "mine.npy").resolve())]
    write(tmp_path / "training_params.yaml", WORLD_NAME="third")
    with pytest.raises(InputError, match=r"found the routes mine.npy, other.npy, expected third.npy for"):
        read_owner_folder(tmp_path)


def test_several_workers_are_several_tracks(tmp_path):
    for number, world in ((1, "oval"), (2, "hairpin"), (10, "oval")):
        write(tmp_path / f"training_params_{number}.yaml", WORLD_NAME=world)
    assert read_owner_folder(tmp_path)["tracks"] == ["oval", "hairpin"]
    write(tmp_path / "training_params_2.yaml", MIN_EVAL_TRIALS="9")
    with pytest.raises(InputError, match="training_params_2.yaml: trainer: found .*, expected that of"):
        read_owner_folder(tmp_path)
