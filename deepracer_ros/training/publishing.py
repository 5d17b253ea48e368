# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Publishing of models in a thread of its own, one model at a time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from deepracer_ros.models.bucket import StoreError
from deepracer_ros.models.policy_file import Manifest, Tensors
from deepracer_ros.moments import moment
from deepracer_ros.training.parts import Models

RETRY_SECONDS = 0.5
"""Pause between two attempts while the S3 server is unreachable or refuses, s."""


class Publisher:
    """A thread that publishes models; the next model must wait until the previous one is published.

    Attributes:
        waiting: Why the current model cannot be published yet; empty if nothing is wrong.
        seconds: Duration of the last publication, s; 0 before the first.
    """

    def __init__(self, store: Models, on_model: Callable[[Manifest], None], stop: threading.Event) -> None:
        """Start the publisher.

        Args:
            store: Store to which models are published.
            on_model: Called with the manifest after each publication.
            stop: When it is set, a failed attempt is not repeated.
        """
        self.waiting, self.seconds = "", 0.0
        self._store, self._on_model, self._stop, self._given_up = store, on_model, stop, False
        self._pool = ThreadPoolExecutor(1, "publisher")
        self._last: Future[int | None] | None = None

    def publish(self, tensors: Tensors, manifest: Manifest) -> None:
        """Start to publish a model after the previous one is published.

        Args:
            tensors: float32 arrays by name.
            manifest: Manifest of the model, without a version.

        Raises:
            ModelError: if a weight of the previous model was not finite.
        """
        self.wait()
        self._last = self._pool.submit(self._try, tensors, manifest)

    def wait(self) -> int | None:
        """Wait for the current publication and return its version; None if it was given up or there was none.

        Raises:
            ModelError: if a weight of the model was not finite.
        """
        return self._last.result() if self._last is not None else None

    def _try(self, tensors: Tensors, manifest: Manifest) -> int | None:
        while True:
            began = time.monotonic()
            try:
                published = self._store.publish(tensors, manifest)
            except StoreError as error:
                self.waiting = str(error)
                if self._stop.wait(RETRY_SECONDS) or self._given_up:
                    return None
                continue
            self.seconds, self.waiting = time.monotonic() - began, ""
            moment("model.published")
            self._on_model(published)
            return published.version

    def __enter__(self) -> "Publisher":
        """Return the publisher."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the current publication and end the thread; after an exception, do not repeat failed attempts."""
        self._given_up = error is not None
        self._pool.shutdown()
