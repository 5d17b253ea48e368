# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A trainer as it lives elsewhere: `live_trainer.py CONFIG RUN FOLDER`; it trains until it is ended, or ends itself."""

import sys
import threading
from pathlib import Path

import counting_learner
import yaml

from deepracer_ros.errors import InputError
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.learning.config import LEARNERS
from deepracer_ros.models.store import ModelStore
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import read_config
from deepracer_ros.training.parts import make_parts
from deepracer_ros.training.trainer import Trainer

LEARNERS["counting"] = counting_learner.ENTRY
path, run, folder = sys.argv[1:]
config = read_config(yaml.safe_load(Path(path).read_text()), path)
parts, store = make_parts(config, RunFolder(Path(folder)), run), ModelStore(config.models, run)
trainer = Trainer(config, run, parts, ExperienceReader(config.experience.url, run), store)
print("trains", flush=True)
try:
    trainer.run(threading.Event())
except InputError as error:
    print(error, flush=True)
