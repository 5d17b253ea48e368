"""Loads new models beside the driving: all or nothing."""

import threading
import time
from dataclasses import dataclass

from deepracer_ros.errors import InputError
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.store import ModelStore, Pointer, StoreError
from deepracer_ros.training.stores import make_policy

LOOK_SECONDS = 1.0
"""How often the pointer is read when nobody has announced a model."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model that was fetched, checked, built and run once."""

    policy: Policy
    version: int
    sha256: str


class ModelLoader:
    """A thread that follows the run's `last` pointer.

    A model that is damaged, of another shape or not finite is refused and counted; the one before
    goes on driving. A store that is away is asked again.

    Attributes:
        error: Why the newest model was refused or cannot be fetched; empty if all is well.
        refused: Models refused.
        reloads: Models loaded.
        last_seconds: From finding a new pointer to the ready policy, s.
    """

    def __init__(self, store: ModelStore, run: str) -> None:
        """Start following; `take` hands out what was found."""
        self.error, self.refused, self.reloads, self.last_seconds = "", 0, 0, 0.0
        self._store, self._run = store, run
        self._ready: LoadedModel | None = None
        self._wanted, self._stop = threading.Event(), False
        self._thread = threading.Thread(target=self._follow, name="model loader", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Look for a new model now."""
        self._wanted.set()

    def take(self) -> LoadedModel | None:
        """Return a model that was loaded since the last call, or None; never waits."""
        ready, self._ready = self._ready, None
        return ready

    def close(self) -> None:
        """Stop following."""
        self._stop = True
        self._wanted.set()
        self._thread.join(timeout=10.0)

    def _follow(self) -> None:
        known: Pointer | None = None
        while not self._stop:
            try:
                pointer = self._store.pointer("last", known)
                if pointer is not None and pointer != known:
                    started = time.monotonic()
                    self._load(pointer)
                    self.last_seconds = time.monotonic() - started
                known = pointer
            except StoreError as error:
                self.error = str(error)
            except InputError as error:
                self.error, known = str(error), pointer
                self.refused += 1
            self._wanted.wait(LOOK_SECONDS)
            self._wanted.clear()

    def _load(self, pointer: Pointer) -> None:
        model = self._store.load(pointer)
        self._ready = LoadedModel(make_policy(model), pointer.version, pointer.sha256)
        self.reloads += 1
        self.error = ""
