# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Loads a trained model, drives a lap and draws it, in notebook cells (`# %%`) for Jupyter and VS Code.

    MODEL=runs/latest .venv/bin/python examples/drive_in_a_notebook.py

In Jupyter, show the picture with `IPython.display.Image("lap.png")`.
"""

# %% The model, from a model folder or a run folder
import os
from pathlib import Path

from deepracer_ros.models.folder import read_model_path
from deepracer_ros.report.drive_plot import write_drive_plot
from deepracer_ros.simulation.evaluation import evaluate
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.training.evaluation import config_of
from deepracer_ros.training.policies import make_policy

path = Path(os.environ.get("MODEL", "runs/latest"))
model = read_model_path(path)
print(f"version {model.manifest.version} of run {model.manifest.run}")

# %% One lap on the first track of its training
config, policy = config_of(model), make_policy(model)
environment = make_evaluation(config, config.tracks[:1], starts=1)


def drive(observations):
    """Return the greedy actions of the policy."""
    decision = policy.act(observations)
    return decision.steering, decision.speed


attempt = evaluate(environment, drive, record=True).attempts[0]
environment.close()
print(f"{attempt.status.name.lower()}: {attempt.progress:.0f} % of the lap in {attempt.steps} steps")

# %% The driven line, coloured by speed
write_drive_plot(Path("lap.png"), environment.tracks[0], [attempt], f"{path}: one lap")
print("lap.png")
