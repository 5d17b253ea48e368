# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Loads what the end of a training needs when the end is near, so that the results do not wait for it."""

import importlib
import threading
from contextlib import suppress

from deepracer_ros.errors import InputError
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.training.config import RunConfig

NEEDED = ("deepracer_ros.engine.finish", "deepracer_ros.report.evaluation_report", "av", "matplotlib.figure")
"""Modules that the end of a training imports, which takes seconds."""


class Preload:
    """A thread that imports modules and loads compiled code."""

    def __init__(self, config: RunConfig) -> None:
        """Prepare the thread.

        Args:
            config: Configuration of the run.
        """
        self._config = config
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; nothing if it was started before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._load, name="preload", daemon=True)
            self._thread.start()

    def _load(self) -> None:
        for name in NEEDED:
            importlib.import_module(name)
        if self._config.simulation.simulator == "embedded":
            with suppress(InputError):  # a track that is not there any more: the end itself says so
                load_compiled_code(self._config)

    def wait(self) -> None:
        """Wait for the end of the thread; nothing if it was not started."""
        if self._thread is not None:
            self._thread.join()


def load_compiled_code(config: RunConfig) -> None:
    """Load the machine code of the simulator; compile what is not in the cache.

    Args:
        config: Configuration of a run with the embedded simulator.

    Raises:
        InputError: if a track does not exist.
    """
    environment = make_evaluation(config, config.tracks, 1)
    environment.reset()
    environment.close()
