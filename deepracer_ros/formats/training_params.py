# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""DeepRacer's `training_params.yaml`, and the `run.env` and `system.env` from which deepracer-for-cloud makes it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from deepracer_ros.errors import InputError
from deepracer_ros.formats.document import Document
from deepracer_ros.formats.simtrace import BEST_BY

VARIABLES = {
    "WORLD_NAME": ("DR_WORLD_NAME",),
    "RACE_TYPE": ("DR_RACE_TYPE",),
    "REVERSE_DIR": ("DR_TRAIN_REVERSE_DIRECTION",),
    "ALTERNATE_DRIVING_DIRECTION": ("DR_TRAIN_ALTERNATE_DRIVING_DIRECTION", "DR_ALTERNATE_DRIVING_DIRECTION"),
    "CHANGE_START_POSITION": ("DR_TRAIN_CHANGE_START_POSITION", "DR_CHANGE_START_POSITION"),
    "ROUND_ROBIN_ADVANCE_DIST": ("DR_TRAIN_ROUND_ROBIN_ADVANCE_DIST",),
    "START_POSITION_OFFSET": ("DR_TRAIN_START_POSITION_OFFSET",),
    "ENABLE_DOMAIN_RANDOMIZATION": ("DR_ENABLE_DOMAIN_RANDOMIZATION",),
    "MIN_EVAL_TRIALS": ("DR_TRAIN_MIN_EVAL_TRIALS",),
    "BEST_MODEL_METRIC": ("DR_TRAIN_BEST_MODEL_METRIC",),
    "NUMBER_OF_OBSTACLES": ("DR_OA_NUMBER_OF_OBSTACLES",),
    "MIN_DISTANCE_BETWEEN_OBSTACLES": ("DR_OA_MIN_DISTANCE_BETWEEN_OBSTACLES",),
    "RANDOMIZE_OBSTACLE_LOCATIONS": ("DR_OA_RANDOMIZE_OBSTACLE_LOCATIONS",),
    "IS_OBSTACLE_BOT_CAR": ("DR_OA_IS_OBSTACLE_BOT_CAR",),
    "OBJECT_POSITIONS": ("DR_OA_OBJECT_POSITIONS",),
}
"""Keys of `training_params.yaml` and the variables that they come from; a later variable has an older name."""
RACES = {"TIME_TRIAL": "time_trial", "OBJECT_AVOIDANCE": "object_avoidance"}
"""Our names of the race types."""
METRICS = {theirs: ours for ours, theirs in BEST_BY.items()}
"""Our names of what makes the best model."""
RANDOM_LOOKS = {"light_gain": 0.25, "light_offset": 20.0, "colour": 40.0}
"""What DeepRacer's domain randomisation is here: another light and other colours for every episode."""
YES, NO = ("true", "1", "yes"), ("false", "0", "no", "")
_VARIABLE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*?)\s*")


def read_training_params(path: Path) -> dict[str, Any]:
    """Read a `training_params.yaml` as keys and values of a configuration.

    Keys that say where things are on AWS, or how the car looks, have no meaning here.

    Args:
        path: The file.

    Raises:
        InputError: if it cannot be read, a value is wrong, or it names what is not supported.
    """
    return to_configuration(Document(read_yaml(path), str(path)))


def read_run_env(path: Path) -> dict[str, Any]:
    """Read a `run.env` or `system.env` of deepracer-for-cloud as keys and values of a configuration.

    Args:
        path: The file, with lines NAME=VALUE.

    Raises:
        InputError: if it cannot be read, a value is wrong, or it names what is not supported.
    """
    return to_configuration(Document(read_environment(path, VARIABLES), str(path)))


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the keys and values of a `training_params.yaml` or `eval_params.yaml`.

    Args:
        path: The file.

    Raises:
        InputError: if it cannot be read, is not YAML or has no keys and values.
    """
    try:
        values = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a YAML file") from error
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: is not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: found no keys with values, expected lines KEY: 'VALUE'")
    return values


def read_environment(path: Path, variables: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the keys of a `training_params.yaml` that the variables of a `run.env` or `system.env` give.

    Args:
        path: The file, with lines NAME=VALUE.
        variables: The names of the variables of each key; the first that has a value is taken.

    Raises:
        InputError: if the file cannot be read.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected lines NAME=VALUE") from error
    lines = [_VARIABLE.fullmatch(line.partition("#")[0]) for line in text.splitlines()]
    given = {line["name"]: line["value"].strip("'\"") for line in lines if line}
    values: dict[str, Any] = {}
    for key, names in variables.items():
        found = [given[name] for name in names if given.get(name)]
        values |= {key: found[0]} if found else {}
    if positions := values.get("OBJECT_POSITIONS"):
        values["OBJECT_POSITIONS"] = positions.split(";")
    return values


def to_training_params(values: Mapping[str, Any]) -> str:
    """Return the text of a `training_params.yaml`, all of whose values are in quotes.

    Args:
        values: Nested keys and values of a whole configuration.

    Raises:
        InputError: if DeepRacer has no such race.
    """
    race, start = values["race"], values["referee"]["start"]
    names = {ours: theirs for theirs, ours in RACES.items()}
    if race["type"] not in names:
        raise InputError(f"race.type: found {race['type']!r}, expected one of {', '.join(names)}")
    params: dict[str, Any] = {
        "JOB_TYPE": "TRAINING",
        "WORLD_NAME": Path(values["tracks"][0]).stem,
        "RACE_TYPE": names[race["type"]],
        "REVERSE_DIR": str(start["direction"] == "reverse"),
        "ALTERNATE_DRIVING_DIRECTION": str(start["direction"] in ("alternate", "random")),
        "CHANGE_START_POSITION": str(start["spread"] != "fixed"),
        "ROUND_ROBIN_ADVANCE_DIST": str(start["advance"]),
        "START_POSITION_OFFSET": str(start["offset"]),
        "ENABLE_DOMAIN_RANDOMIZATION": str(any(values["randomisation"].values())),
        "MIN_EVAL_TRIALS": str(values["trainer"]["evaluation_starts"]),
        "BEST_MODEL_METRIC": BEST_BY[values["trainer"]["best_by"]],
    }
    if race["type"] == "object_avoidance":
        params |= _to_obstacles(race["obstacles"])
    text: str = yaml.dump(params, default_style="'", default_flow_style=False, explicit_start=True, sort_keys=False)
    return text


def _to_obstacles(obstacles: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {
        "NUMBER_OF_OBSTACLES": str(obstacles["count"]),
        "MIN_DISTANCE_BETWEEN_OBSTACLES": str(obstacles["spacing"]),
        "RANDOMIZE_OBSTACLE_LOCATIONS": str(obstacles["random"]),
        "IS_OBSTACLE_BOT_CAR": str(obstacles["kind"] == "car"),
    }
    if obstacles["progress"]:
        lanes = obstacles["lane"] or [1.0] * len(obstacles["progress"])
        places = zip(obstacles["progress"], lanes, strict=True)
        params["OBJECT_POSITIONS"] = [f"{progress / 100.0:g},{1 if lane >= 0 else -1}" for progress, lane in places]
    return params


def to_configuration(document: Document) -> dict[str, Any]:
    """Return the keys and values of a configuration that a `training_params.yaml` means.

    Args:
        document: Its keys and values.

    Raises:
        InputError: if a value is wrong, or it names what is not supported.
    """
    values: dict[str, Any] = {}
    if "WORLD_NAME" in document:
        world = document.get("WORLD_NAME")
        if not isinstance(world, str) or not world:
            raise document.error("WORLD_NAME", "the name of a track")
        values["tracks"] = [world]
    if "RACE_TYPE" in document:
        race = RACES[document.choice("RACE_TYPE", tuple(RACES), "TIME_TRIAL")]
        obstacles = {"obstacles": _obstacles(document)} if race == "object_avoidance" else {}
        values["race"] = {"type": race, **obstacles}
    if start := _start(document):
        values["referee"] = {"start": start}
    if flag_of(document, "ENABLE_DOMAIN_RANDOMIZATION", default=False):
        values["randomisation"] = dict(RANDOM_LOOKS)
    trainer: dict[str, Any] = {}
    if "MIN_EVAL_TRIALS" in document:
        trainer["evaluation_starts"] = document.whole("MIN_EVAL_TRIALS", 1, 1000)
    if "BEST_MODEL_METRIC" in document:
        trainer["best_by"] = METRICS[document.choice("BEST_MODEL_METRIC", tuple(METRICS), "progress")]
    return {**values, "trainer": trainer} if trainer else values


def _start(document: Document) -> dict[str, Any]:
    start: dict[str, Any] = {}
    if "CHANGE_START_POSITION" in document:
        start["spread"] = "round_robin" if flag_of(document, "CHANGE_START_POSITION", default=True) else "fixed"
    if "ROUND_ROBIN_ADVANCE_DIST" in document:
        start["advance"] = document.number("ROUND_ROBIN_ADVANCE_DIST", 0.0, 1.0)
    if "START_POSITION_OFFSET" in document:
        start["offset"] = document.number("START_POSITION_OFFSET", 0.0, 1.0)
    if flag_of(document, "ALTERNATE_DRIVING_DIRECTION", default=False):
        start["direction"] = "alternate"
    elif flag_of(document, "REVERSE_DIR", default=False):
        start["direction"] = "reverse"
    return start


def _obstacles(document: Document) -> dict[str, Any]:
    kind = "car" if flag_of(document, "IS_OBSTACLE_BOT_CAR", default=False) else "box"
    positions = document.get("OBJECT_POSITIONS")
    if positions:
        places = [_place(document, place) for place in positions]
        return {
            "count": len(places), "kind": kind, "progress": [place[0] for place in places],
            "lane": [place[1] for place in places],
        }  # fmt: skip
    obstacles = {"count": document.whole("NUMBER_OF_OBSTACLES", 0, 100, 6), "kind": kind}
    if not flag_of(document, "RANDOMIZE_OBSTACLE_LOCATIONS", default=False):
        return obstacles
    return {
        **obstacles, "random": True, "spacing": document.number("MIN_DISTANCE_BETWEEN_OBSTACLES", 0.1, 100.0, 2.0),
    }  # fmt: skip


def _place(document: Document, place: object) -> tuple[float, float]:
    """Return the position, %, and the lane of an obstacle: halfway to the border, as DeepRacer's lanes."""
    try:
        progress, lane = (float(number) for number in str(place).split(","))
    except ValueError:
        progress = lane = float("nan")
    if not (0.0 <= progress <= 1.0 and lane in (-1.0, 1.0)):
        raise document.error("OBJECT_POSITIONS", "places PROGRESS,LANE: 0 to 1, and -1 or 1")
    return 100.0 * progress, 0.5 * lane


def flag_of(document: Document, name: str, default: bool) -> bool:
    """Return the truth of a key, which may be a text such as "True".

    Args:
        document: The keys and values.
        name: The key.
        default: Value without the key.

    Raises:
        InputError: if it is neither true nor false.
    """
    text = str(document.get(name, default)).lower()
    if text not in (*YES, *NO):
        raise document.error(name, "true or false")
    return text in YES
