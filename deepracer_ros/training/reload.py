"""Loads new models beside the driving: all or nothing."""

import threading
import time
from dataclasses import dataclass

from deepracer_ros.errors import InputError
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.bucket import StoreError
from deepracer_ros.models.store import ModelStore, Pointer
from deepracer_ros.training.policies import make_policy

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
        refused: Models refused.
        reloads: Models loaded.
        last_seconds: From finding a new pointer to the ready policy, s.
    """

    def __init__(self, store: ModelStore, run: str) -> None:
        """Start following; `take` hands out what was found."""
        self.refused, self.reloads, self.last_seconds = 0, 0, 0.0
        self._refusal = self._unreachable = ""
        self._store, self._run = store, run
        self._ready: LoadedModel | None = None
        self._announced: Pointer | None = None
        self._wanted, self._stop = threading.Event(), False
        self._thread = threading.Thread(target=self._follow, name="model loader", daemon=True)
        self._thread.start()

    @property
    def error(self) -> str:
        """Why the newest model was refused or cannot be fetched; empty if all is well."""
        return self._unreachable or self._refusal

    def look(self, announced: Pointer | None = None) -> None:
        """Look for a new model now; a newer one that was announced is fetched without asking for the pointer."""
        self._announced = announced
        self._wanted.set()

    def take(self) -> LoadedModel | None:
        """Return a model that was loaded since the last call, or None; never waits."""
        ready, self._ready = self._ready, None
        return ready

    def close(self) -> None:
        """Stop following; a server that does not answer is not waited for."""
        self._stop = True
        self._wanted.set()
        self._thread.join(timeout=2.0)

    def _follow(self) -> None:
        known: Pointer | None = None
        while not self._stop:
            try:
                announced, self._announced = self._announced, None
                if announced is not None and (known is None or announced.version > known.version):
                    pointer: Pointer | None = announced
                else:
                    pointer = self._store.pointer("last", known)
                if pointer is not None and pointer != known:
                    self._load(pointer)
                known, self._unreachable = pointer, ""
            except InputError as error:
                self._unreachable = str(error)
            self._wanted.wait(LOOK_SECONDS)
            self._wanted.clear()

    def _load(self, pointer: Pointer) -> None:
        """Fetch, check and build one model; a bad one is refused.

        Raises:
            StoreError: if the server is away or refuses.
        """
        started = time.monotonic()
        try:
            policy = make_policy(self._store.load(pointer))
        except StoreError:
            raise
        except InputError as error:
            self._refusal = str(error)
            self.refused += 1
            return
        self._ready = LoadedModel(policy, pointer.version, pointer.sha256)
        self._refusal = ""
        self.reloads += 1
        self.last_seconds = time.monotonic() - started
