# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Sinks for the progress records of a training; each has its own thread, so no sink can stop or slow the training."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from deepracer_ros.errors import InputError
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import ProgressLog, ProgressRecord
from deepracer_ros.run.tensorboard import TensorBoardLog

WAITING_RECORDS = 64
"""Number of records that may wait for a sink; at one or two records per second, a sink may be half a minute late."""
CLOSE_SECONDS = 5.0
"""Longest wait for all sinks together at the end of a training, s."""


Record = TypeVar("Record", contravariant=True)


class Sink(Protocol[Record]):
    """Protocol of a receiver of records, which is called in their order from its own thread."""

    def write(self, record: Record) -> None:
        """Take one record. If this is slow or raises an exception, records are lost, but the training continues."""
        ...

    def close(self) -> None:
        """Write buffered records and close the sink."""
        ...


SinkFactory = Callable[[RunFolder, int], Sink[ProgressRecord]]
"""Opens a sink in the sink's thread. Its arguments are the run's folder and the number of environment steps from which
the training resumes. A module that only the sink needs should be imported here, so that it costs no other time."""

SINKS: dict[str, SinkFactory] = {
    "tensorboard": lambda folder, resumed_at: TensorBoardLog(folder.tensorboard, resumed_at),
}
"""Registry of sinks by their name in `trainer.sinks`; a new sink adds a line here."""
PROGRESS = "progress log"
"""Name of the sink that writes `progress.jsonl`."""


Item = TypeVar("Item")


class QueuedSink(Generic[Item]):
    """A sink with a bounded queue and its own thread.

    Attributes:
        name: Name of the sink for messages.
        lost: Number of records that the sink did not take, because the queue was full or the sink failed.
        error: Why the sink did not take the last record, one line; empty if it did.
    """

    def __init__(self, name: str, factory: Callable[[], Sink[Item]], waiting: int = WAITING_RECORDS) -> None:
        """Start the thread, which opens the sink.

        Args:
            name: Name of the sink for messages.
            factory: Opens the sink; if it fails, it is called again at every record.
            waiting: Number of records that may wait.
        """
        self.name, self.lost, self.error = name, 0, ""
        self._factory = factory
        self._sink: Sink[Item] | None = None
        self._closing, self._in_hand = False, 0
        self._queue: queue.Queue[Item | None] = queue.Queue(waiting)
        # The thread is a daemon, since a sink that never returns must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)
        self._thread.start()

    def write(self, record: Item) -> None:
        """Put a record in the queue without waiting; the record is lost if the queue is full."""
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self.lost += 1
            self.error = f"is slow: {self._queue.maxsize} records wait"

    def _run(self) -> None:
        self._attempt(self._open)
        while not (self._closing and self._queue.empty()) and (record := self._queue.get()) is not None:
            self._in_hand = 1
            if not self._attempt(lambda: self._open().write(record)):  # noqa: B023 - called before the next one
                self.lost += 1
            self._in_hand = 0
        if self._sink is not None:
            self._attempt(self._sink.close)

    def _open(self) -> Sink[Item]:
        self._sink = self._sink or self._factory()
        return self._sink

    def _attempt(self, action: Callable[[], object]) -> bool:
        """Run a call of the sink; return whether it succeeded, and keep the error otherwise."""
        try:
            action()
        except Exception as error:  # a sink is foreign code: any exception must end here, and is reported
            words = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            self.error = " ".join(words.split())
            return False
        self.error = ""
        return True

    def ask_to_close(self) -> None:
        """Announce that no more records follow, without waiting."""
        self._closing = True
        with suppress(queue.Full):  # then the thread sees `_closing` itself after the waiting records
            self._queue.put_nowait(None)

    def wait_closed(self, deadline: float) -> None:
        """Wait until all waiting records are written; records that are left at the deadline are lost.

        Args:
            deadline: Latest time by `time.monotonic()`, s.
        """
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive():
            self.lost += self._in_hand + sum(item is not None for item in tuple(self._queue.queue))
            self.error = self.error or "did not end in time"


class Sinks:
    """All sinks of one training; every record goes to each of them."""

    def __init__(
        self, folder: RunFolder, resumed_at: int, names: Sequence[str], registry: Mapping[str, SinkFactory] = SINKS
    ) -> None:
        """Open the progress log and the named sinks, each in its own thread.

        Args:
            folder: Folder of the run.
            resumed_at: Environment steps from which the training resumes; 0 for a new training.
            names: Names of sinks in `registry`.
            registry: Factories of sinks by name.

        Raises:
            InputError: if a name is not in the registry.
        """
        check_sinks(names, registry)
        self._sinks: list[QueuedSink[ProgressRecord]] = [
            QueuedSink(PROGRESS, lambda: ProgressLog(folder.progress, resumed_at))
        ]
        for name in dict.fromkeys(names):
            factory = registry[name]
            self._sinks.append(QueuedSink(name, lambda factory=factory: factory(folder, resumed_at)))  # type: ignore[misc]

    def write(self, record: ProgressRecord) -> None:
        """Put a record in the queue of every sink without waiting."""
        for sink in self._sinks:
            sink.write(record)

    @property
    def lost(self) -> dict[str, int]:
        """Number of records that each sink lost, by sink name; sinks without a loss are not listed."""
        return {sink.name: sink.lost for sink in self._sinks if sink.lost}

    @property
    def trouble(self) -> str:
        """Current errors of the sinks in one line; empty if there are none."""
        return "; ".join(f"{sink.name}: {sink.error} ({sink.lost} lost)" for sink in self._sinks if sink.error)

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Let the sinks write their waiting records, and close them; records that are left after the wait are lost.

        Args:
            seconds: Longest wait for all sinks together, s.
        """
        deadline = time.monotonic() + seconds
        for sink in self._sinks:
            sink.ask_to_close()
        for sink in self._sinks:
            sink.wait_closed(deadline)

    def __enter__(self) -> "Sinks":
        """Return the sinks."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the sinks."""
        self.close()


def check_sinks(names: Sequence[str], registry: Mapping[str, SinkFactory] = SINKS) -> None:
    """Check that every name is a sink.

    Args:
        names: Names of sinks, from `trainer.sinks`.
        registry: Factories of sinks by name.

    Raises:
        InputError: if a name is not in the registry; the message has the first such name.
    """
    for name in names:
        if name not in registry:
            raise InputError(f"trainer.sinks: found {name!r}, expected one of {', '.join(sorted(registry))}")
