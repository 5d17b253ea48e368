"""Where the records of a training go: the progress log always, others by name. None can stop or slow the training."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Protocol

from deepracer_ros.errors import InputError
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import ProgressLog, ProgressRecord
from deepracer_ros.run.tensorboard import TensorBoardLog

WAITING_RECORDS = 64
"""Records that may wait for a sink; at one or two a second a sink may be half a minute late."""
CLOSE_SECONDS = 5.0
"""How long the end of a training waits for all sinks together."""


class Sink(Protocol):
    """Takes the records of a training, in their order, in a thread of its own."""

    def write(self, record: ProgressRecord) -> None:
        """Take one record; may take long or fail, which costs records and nothing else."""
        ...

    def close(self) -> None:
        """Write what is left."""
        ...


SinkFactory = Callable[[RunFolder, int], Sink]
"""Opens a sink, in its thread, from the run's folder and the environment steps that the training goes on from. What it
imports only there costs nobody else time."""

SINKS: dict[str, SinkFactory] = {
    "tensorboard": lambda folder, resumed_at: TensorBoardLog(folder.tensorboard, resumed_at),
}
"""Sinks by their name in `trainer.sinks`: the line to add for another one."""
PROGRESS = "progress log"


class QueuedSink:
    """One sink behind a bounded queue, in a thread of its own.

    Attributes:
        name: For messages.
        lost: Records that it did not take: the queue was full, or the sink failed.
        error: Why it took nothing lately, one line; empty if it does.
    """

    def __init__(self, name: str, factory: Callable[[], Sink]) -> None:
        """Start the thread, which opens the sink; one that cannot be opened is tried again at every record."""
        self.name, self.lost, self.error = name, 0, ""
        self._factory = factory
        self._sink: Sink | None = None
        self._closing, self._in_hand = False, 0
        self._queue: queue.Queue[ProgressRecord | None] = queue.Queue(WAITING_RECORDS)
        # A daemon: a sink that never returns must not keep the process from its end.
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)
        self._thread.start()

    def write(self, record: ProgressRecord) -> None:
        """Hand over a record; returns at once."""
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self.lost += 1
            self.error = f"is slow: {WAITING_RECORDS} records wait"

    def _run(self) -> None:
        self._attempt(self._open)
        while not (self._closing and self._queue.empty()) and (record := self._queue.get()) is not None:
            self._in_hand = 1
            if not self._attempt(lambda: self._open().write(record)):  # noqa: B023 - called before the next one
                self.lost += 1
            self._in_hand = 0
        if self._sink is not None:
            self._attempt(self._sink.close)

    def _open(self) -> Sink:
        self._sink = self._sink or self._factory()
        return self._sink

    def _attempt(self, action: Callable[[], object]) -> bool:
        """Do something of the sink's; return whether it went well, and note why not."""
        try:
            action()
        except Exception as error:  # foreign code: whatever it raises must end here, and is said
            words = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            self.error = " ".join(words.split())
            return False
        self.error = ""
        return True

    def ask_to_close(self) -> None:
        """Say that no more records come; returns at once."""
        self._closing = True
        with suppress(queue.Full):  # then the thread looks by itself, when it has written what waits
            self._queue.put_nowait(None)

    def wait_closed(self, deadline: float) -> None:
        """Wait until it has written everything, at most until a time of `time.monotonic()`; the rest is lost."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive():
            self.lost += self._in_hand + sum(item is not None for item in tuple(self._queue.queue))
            self.error = self.error or "did not end in time"


class Sinks:
    """All sinks of one training: each is told every record."""

    def __init__(
        self, folder: RunFolder, resumed_at: int, names: Sequence[str], registry: Mapping[str, SinkFactory] = SINKS
    ) -> None:
        """Open the progress log and the sinks of these names, each in a thread of its own.

        Args:
            folder: Of the run.
            resumed_at: Environment steps that the training goes on from, 0 for a new one.
            names: In the registry.
            registry: Factories by name.

        Raises:
            InputError: if there is no sink of a name.
        """
        check_sinks(names, registry)
        self._sinks = [QueuedSink(PROGRESS, lambda: ProgressLog(folder.progress, resumed_at))]
        for name in dict.fromkeys(names):
            factory = registry[name]
            self._sinks.append(QueuedSink(name, lambda factory=factory: factory(folder, resumed_at)))  # type: ignore[misc]

    def write(self, record: ProgressRecord) -> None:
        """Tell every sink a record; returns at once."""
        for sink in self._sinks:
            sink.write(record)

    @property
    def lost(self) -> dict[str, int]:
        """Records that each sink did not take, by its name; only of those that lost any."""
        return {sink.name: sink.lost for sink in self._sinks if sink.lost}

    @property
    def trouble(self) -> str:
        """What is wrong with the sinks now, one line; empty if all is well."""
        return "; ".join(f"{sink.name}: {sink.error} ({sink.lost} lost)" for sink in self._sinks if sink.error)

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Let the sinks write what waits, for so long in all; what they have not written then is lost."""
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
        """Close them."""
        self.close()


def check_sinks(names: Sequence[str], registry: Mapping[str, SinkFactory] = SINKS) -> None:
    """Check that there is a sink of every name.

    Raises:
        InputError: names the first that is unknown.
    """
    for name in names:
        if name not in registry:
            raise InputError(f"trainer.sinks: found {name!r}, expected one of {', '.join(sorted(registry))}")
