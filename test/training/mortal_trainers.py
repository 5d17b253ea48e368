# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Trainers that die: `mortal_trainers.py CONFIG RUN FOLDER MOMENT:COUNT ...`, one process after the other.

Prints, of each, how its process ended (as `os.waitstatus_to_exitcode`) and the updates that the checkpoint holds then.
They are forks of one process, so that what takes seconds to import is imported once.
"""

import os
import sys
import threading
from pathlib import Path

import counting_learner
import yaml

from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.learning.config import LEARNERS
from deepracer_ros.models.store import ModelStore
from deepracer_ros.moments import VARIABLE
from deepracer_ros.run.checkpoint import read_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import read_config
from deepracer_ros.training.parts import make_parts
from deepracer_ros.training.trainer import Trainer

LEARNERS["counting"] = counting_learner.ENTRY
path, run, folder = sys.argv[1:4]
config = read_config(yaml.safe_load(Path(path).read_text()), path)
for death in sys.argv[4:]:
    if (child := os.fork()) == 0:
        os.environ[VARIABLE] = death
        parts = make_parts(config, RunFolder(Path(folder)))
        reader, store = ExperienceReader(config.experience.url, run), ModelStore(config.models, run)
        Trainer(config, run, parts, reader, store).run(threading.Event())
        os._exit(0)  # it should have died
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    checkpoint = read_checkpoint(RunFolder(Path(folder)).checkpoint)
    print(code, checkpoint.progress.updates if checkpoint else 0, flush=True)
