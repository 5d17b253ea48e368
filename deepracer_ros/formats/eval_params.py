# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""DeepRacer's `eval_params.yaml`, and the DR_EVAL_... variables of a `run.env`, which say how an evaluation drives."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.formats.document import Document
from deepracer_ros.formats.training_params import VARIABLES, flag_of, read_environment, read_yaml, to_configuration

EVALUATION_VARIABLES = {
    **VARIABLES,
    "REVERSE_DIR": ("DR_EVAL_REVERSE_DIRECTION",),
    "START_POSITION_OFFSET": (),
    "NUMBER_OF_TRIALS": ("DR_EVAL_NUMBER_OF_TRIALS",),
    "IS_CONTINUOUS": ("DR_EVAL_IS_CONTINUOUS",),
    "NUMBER_OF_RESETS": ("DR_EVAL_MAX_RESETS",),
    "OFF_TRACK_PENALTY": ("DR_EVAL_OFF_TRACK_PENALTY",),
    "COLLISION_PENALTY": ("DR_EVAL_COLLISION_PENALTY", "DR_COLLISION_PENALTY"),
    "RESET_BEHIND_DIST": ("DR_EVAL_RESET_BEHIND_DIST",),
    "EVAL_CHECKPOINT": ("DR_EVAL_CHECKPOINT",),
}
"""Keys of `eval_params.yaml` and the variables that they come from."""
OF_TRAINING = (
    "ALTERNATE_DRIVING_DIRECTION", "CHANGE_START_POSITION", "ROUND_ROBIN_ADVANCE_DIST", "ENABLE_DOMAIN_RANDOMIZATION",
    "MIN_EVAL_TRIALS", "BEST_MODEL_METRIC",
)  # fmt: skip
"""Keys that only a training has."""
PENALTIES = {"off_track_penalty": ("OFF_TRACK_PENALTY", 2.0), "collision_penalty": ("COLLISION_PENALTY", 5.0)}
"""Our keys, DeepRacer's, and their defaults, s."""
OF_CLOUD = {"OFF_TRACK_PENALTY": "5.0"}
"""Defaults of deepracer-for-cloud that are not DeepRacer's."""
FILES = ("eval_params.yaml", "eval-params.yaml", "evaluation_params.yaml", "run.env")
"""Names of the files in the folder of an owner; the first that is there is read."""


@dataclass(frozen=True)
class EvaluationParams:
    """How an evaluation drives.

    Attributes:
        values: Nested keys and values of a configuration: track, race and rules.
        trials: Number of laps; None: not given.
        continuous: Whether the laps follow one another; None: not given.
        checkpoint: Which model drives, "best" or "last"; empty: not given.
    """

    values: dict[str, Any] = field(default_factory=dict)
    trials: int | None = None
    continuous: bool | None = None
    checkpoint: str = ""


def read_evaluation_params(path: Path) -> EvaluationParams:
    """Read how an evaluation drives.

    Args:
        path: An `eval_params.yaml`, a `run.env`, or a folder with one of them; a route WORLD.npy beside it is the
            track.

    Raises:
        InputError: if there is no such file, a value is wrong, or it names what is not supported.
    """
    if path.is_dir():
        found = [path / name for name in FILES if (path / name).is_file()]
        if not found:
            raise InputError(f"{path}: found none of {', '.join(FILES)}, expected one of them")
        path = found[0]
    is_environment = path.suffix == ".env"
    values = OF_CLOUD | read_environment(path, EVALUATION_VARIABLES) if is_environment else read_yaml(path)
    document = Document({key: value for key, value in values.items() if key not in OF_TRAINING}, str(path))
    configuration = to_configuration(document)
    if "tracks" in configuration:
        routes = [(path.parent / f"{world}.npy", world) for world in configuration["tracks"]]
        configuration["tracks"] = [str(route.resolve()) if route.is_file() else world for route, world in routes]
    resets = document.whole("NUMBER_OF_RESETS", 0, 1_000_000, 0)
    if resets:
        recovery: dict[str, Any] = {
            "resets": resets,
            "distance": document.number("RESET_BEHIND_DIST", -100.0, 100.0, 1.0),
        }
        recovery |= {ours: document.number(name, 0.0, 1000.0, usual) for ours, (name, usual) in PENALTIES.items()}
        if flag_of(document, "ENABLE_MERCY_RESET", default=False):
            recovery["mercy"] = document.whole("MAX_RESETS_AFTER_CRASH", 1, 1000, 3)
            recovery["distance_ahead"] = document.number("RESET_AHEAD_DIST", 0.0, 100.0, 1.0)
        configuration["referee"] = {**configuration.get("referee", {}), "recovery": recovery}
    return EvaluationParams(
        configuration,
        document.whole("NUMBER_OF_TRIALS", 1, 1000) if "NUMBER_OF_TRIALS" in document else None,
        flag_of(document, "IS_CONTINUOUS", default=False) if "IS_CONTINUOUS" in document else None,
        document.choice("EVAL_CHECKPOINT", ("best", "last"), "") if "EVAL_CHECKPOINT" in document else "",
    )
