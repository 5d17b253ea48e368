# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Notes about the checkpoints of a test: each process that writes a checkpoint notes it once it is in place.

A process that watches the file misses checkpoints on a busy machine: one lives for 40 ms. The process that writes it
misses none. If it is killed between the two, the next one notes what it finds.
"""

import hashlib
import json
import os
from pathlib import Path

FOLDER = "DEEPRACER_TEST_LEDGERS"
"""Environment variable with the folder of all notes."""


def folder_of(checkpoint):
    """Return the folder of the notes about a checkpoint file."""
    name = hashlib.sha256(str(Path(checkpoint).resolve()).encode()).hexdigest()[:16]
    return Path(os.environ[FOLDER]) / name


def note(folder, progress):
    """Write down the progress of a checkpoint; each update has a small file, so no limit of the file size matters."""
    content = json.dumps({"updates": progress.updates, "consumed": progress.consumed})
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{os.getpid()}"
    unfinished.write_text(content)
    unfinished.rename(folder / f"{progress.updates}-{hashlib.sha256(content.encode()).hexdigest()[:8]}.json")


def install(replace=setattr):
    """Let `FileCheckpoints` note what it saves and what it loads; `replace` sets its attributes."""
    from deepracer_ros.run.checkpoint import FileCheckpoints

    save, load = FileCheckpoints.save, FileCheckpoints.load

    def noted_save(self, state, progress):
        save(self, state, progress)
        note(folder_of(self._path), progress)

    def noted_load(self):
        checkpoint = load(self)
        if checkpoint is not None:
            note(folder_of(self._path), checkpoint.progress)
        return checkpoint

    replace(FileCheckpoints, "save", noted_save)
    replace(FileCheckpoints, "load", noted_load)
