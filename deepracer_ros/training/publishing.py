"""Publishes models beside the learning: one at a time, and never more than one behind."""

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
"""Between two tries while the S3 server is away or refuses."""


class Publisher:
    """A thread that publishes what it is given; whoever gives the next model waits until the last one is out.

    Attributes:
        waiting: Why the model in hand is not out yet; empty if all is well.
        seconds: Of the last publication.
    """

    def __init__(self, store: Models, on_model: Callable[[Manifest], None], stop: threading.Event) -> None:
        """Take the store, what is called after each publication, and what ends the tries."""
        self.waiting, self.seconds = "", 0.0
        self._store, self._on_model, self._stop, self._given_up = store, on_model, stop, False
        self._pool = ThreadPoolExecutor(1, "publisher")
        self._last: Future[int | None] | None = None

    def publish(self, tensors: Tensors, manifest: Manifest) -> None:
        """Begin to publish a model, after the one before is out.

        Raises:
            ModelError: if a weight of the one before was not finite.
        """
        self.wait()
        self._last = self._pool.submit(self._try, tensors, manifest)

    def wait(self) -> int | None:
        """Wait for the publication under way; return its version, None if it was given up or there is none."""
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
        """Wait for the publication under way and end the thread; after an error without trying again."""
        self._given_up = error is not None
        self._pool.shutdown()
