"""A trainer in a process of its own: `one_trainer.py CONFIG RUN FOLDER`."""

import sys
import threading
from pathlib import Path

import counting_learner  # noqa: F401 - registers the learner
import yaml

from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import read_config
from deepracer_ros.training.parts import make_parts
from deepracer_ros.training.policies import open_store
from deepracer_ros.training.trainer import Trainer

path, run, folder = sys.argv[1:]
config = read_config(yaml.safe_load(Path(path).read_text()), path)
parts = make_parts(config, RunFolder(Path(folder)))
trainer = Trainer(config, run, parts, ExperienceReader(config.experience.url, run), open_store(config.models, run))
trainer.run(threading.Event())
trainer.close()
