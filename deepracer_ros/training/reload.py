# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Loading of new models in a thread of its own while the agent drives."""

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass

from deepracer_ros.errors import InputError
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.bucket import StoreError
from deepracer_ros.models.pointer import Pointer
from deepracer_ros.models.store import ModelStore
from deepracer_ros.training.policies import make_policy

LOOK_SECONDS = 1.0
"""Interval at which the pointer is read if no model is announced, s."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model that was fetched, checked and built.

    Attributes:
        policy: The policy, ready to drive.
        version: Version of the model in its run.
        sha256: SHA-256 of the policy file, hexadecimal.
    """

    policy: Policy
    version: int
    sha256: str


class ModelLoader:
    """A thread that loads the model that the `last` pointer of a run names, or the version that was chosen.

    A model that is damaged, has other shapes, reads a sensor that is not there or is not finite is refused and
    counted, and the previous model stays in use. While the store is unreachable, it is asked again.

    Attributes:
        refused: Number of models refused.
        reloads: Number of models loaded.
        last_seconds: Time from finding a new pointer to the ready policy at the last reload, s.
    """

    def __init__(self, store: ModelStore, run: str, available: Collection[str]) -> None:
        """Start the thread; `take` returns the models that it loads.

        Args:
            store: The model store of the run.
            run: Name of the run.
            available: Names of the sensors that a policy can be given.
        """
        self.refused, self.reloads, self.last_seconds = 0, 0, 0.0
        self._refusal = self._unreachable = ""
        self._store, self._run, self._available = store, run, available
        self._ready: LoadedModel | None = None
        self._announced: Pointer | None = None
        self._chosen = 0
        self._wanted, self._stop = threading.Event(), False
        self._thread = threading.Thread(target=self._follow, name="model loader", daemon=True)
        self._thread.start()

    @property
    def error(self) -> str:
        """Why the newest model was refused or cannot be fetched; empty if nothing is wrong."""
        return self._unreachable or self._refusal

    def look(self, announced: Pointer | None = None) -> None:
        """Look for a new model now.

        Args:
            announced: Pointer from an announcement; if it is newer, its model is fetched without reading the pointer.
        """
        self._announced = announced
        self._wanted.set()

    def choose(self, version: int) -> None:
        """Load a version and stay with it.

        Args:
            version: Version of the model; 0: the newest one, and every later one.
        """
        self._chosen = version
        self._wanted.set()

    def take(self) -> LoadedModel | None:
        """Return the model that was loaded since the last call, or None, without waiting."""
        ready, self._ready = self._ready, None
        return ready

    def close(self) -> None:
        """Stop the thread; do not wait for a server that does not answer."""
        self._stop = True
        self._wanted.set()
        self._thread.join(timeout=2.0)

    def _follow(self) -> None:
        known: Pointer | None = None
        while not self._stop:
            try:
                pointer = self._wanted_pointer(known)
                if pointer is not None and pointer != known:
                    self._load(pointer)
                known, self._unreachable = pointer, ""
            except InputError as error:
                self._unreachable = str(error)
            self._wanted.wait(LOOK_SECONDS)
            self._wanted.clear()

    def _wanted_pointer(self, known: Pointer | None) -> Pointer | None:
        """Return the pointer of the model that shall drive; None if the run has no model.

        Raises:
            StoreError: if the server is unreachable or refuses the request, or the chosen version does not exist.
        """
        announced, self._announced = self._announced, None
        if chosen := self._chosen:
            if known is not None and known.version == chosen:
                return known
            return Pointer(chosen, self._store.manifest(chosen).sha256)
        if announced is not None and (known is None or announced.version > known.version):
            return announced
        return self._store.pointer("last", known)

    def _load(self, pointer: Pointer) -> None:
        """Fetch, check and build one model; refuse it if it is not usable.

        Raises:
            StoreError: if the server is unreachable or refuses the request.
        """
        started = time.monotonic()
        try:
            policy = make_policy(self._store.load(pointer), self._available)
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
