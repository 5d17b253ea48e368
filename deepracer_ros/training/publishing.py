# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Publishing of models in a thread of its own, one model at a time."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from deepracer_ros.models.bucket import StoreError
from deepracer_ros.models.policy_file import Manifest, Tensors
from deepracer_ros.moments import moment
from deepracer_ros.training.parts import Models

RETRY_SECONDS = 0.5
"""Pause between two attempts while the S3 server is unreachable or refuses, s."""

T = TypeVar("T")


class Publisher:
    """A thread that publishes models; the next model must wait until the previous one is published.

    Attributes:
        waiting: Why the current model cannot be published yet; empty if nothing is wrong.
        seconds: Duration of the last publication, s; 0 before the first.
    """

    def __init__(
        self,
        store: Models,
        on_model: Callable[[Manifest], None],
        stop: threading.Event,
        beside: Mapping[str, bytes] | None = None,
    ) -> None:
        """Start the publisher.

        Args:
            store: Store to which models are published.
            on_model: Called with the manifest after each publication.
            stop: When it is set, a failed attempt is not repeated.
            beside: Contents by name of files that are stored with each model after its publication; by default none.
        """
        self._beside = beside or {}
        self.waiting, self.seconds = "", 0.0
        self._store, self._on_model, self._stop, self._given_up = store, on_model, stop, False
        self._pool = ThreadPoolExecutor(1, "publisher")
        self._last: Future[int | None] | None = None

    def publish(self, tensors: Tensors, manifest: Manifest) -> Future[int | None]:
        """Start to publish a model after the previous one is published.

        Args:
            tensors: float32 arrays by name.
            manifest: Manifest of the model, without a version.

        Returns:
            The version that the model gets; None if its publication is given up.

        Raises:
            ModelError: if a weight of the previous model was not finite.
        """
        self.wait()
        self._last = self._pool.submit(self._try, tensors, manifest)
        return self._last

    def wait(self) -> int | None:
        """Wait for the current publication and return its version; None if it was given up or there was none.

        Raises:
            ModelError: if a weight of the model was not finite.
        """
        return self._last.result() if self._last is not None else None

    def _try(self, tensors: Tensors, manifest: Manifest) -> int | None:
        began = time.monotonic()
        published = self._insist(lambda: self._store.publish(tensors, manifest))
        if published is None:
            return None
        self.seconds = time.monotonic() - began
        moment("model.published")
        self._on_model(published)
        self._insist(lambda: self._store.add_files(published.version, self._beside))
        return published.version

    def _insist(self, request: Callable[[], T]) -> T | None:
        """Repeat a request until the store takes it, and return the result; None if it was given up."""
        while True:
            try:
                result = request()
            except StoreError as error:
                self.waiting = str(error)
                if self._stop.wait(RETRY_SECONDS) or self._given_up:
                    return None
                continue
            self.waiting = ""
            return result

    def __enter__(self) -> "Publisher":
        """Return the publisher."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the current publication and end the thread; after an exception, do not repeat failed attempts."""
        self._given_up = error is not None
        self._pool.shutdown()
