"""Appends segments to Redis beside the driving, in order, and says when there is room for more."""

import queue
import threading
from collections.abc import Callable

from deepracer_ros.errors import InputError
from deepracer_ros.experience.encoding import layout
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.writer import ExperienceWriter

RETRY_SECONDS = 0.002
"""How often a full buffer is asked for room."""


class SegmentSender:
    """A thread that appends segments in order and says when there is room for as many again.

    Attributes:
        waiting: Why nothing can be appended now; empty if it can.
    """

    def __init__(self, writer: ExperienceWriter, on_recorded: Callable[[int], None]) -> None:
        """Start the thread.

        Args:
            writer: Used by this thread only.
            on_recorded: Called from the thread with the number of the last step once everything up to it is
                in Redis and as much again would be accepted.
        """
        self.waiting = ""
        self._failure: InputError | None = None
        self._writer, self._on_recorded = writer, on_recorded
        self._queue: queue.Queue[tuple[int, list[Segment]]] = queue.Queue(maxsize=4)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_all, name="segment sender", daemon=True)
        self._thread.start()

    def send(self, number: int, segments: list[Segment]) -> bool:
        """Hand over segments that end at step `number`; False if the queue is full and they are dropped.

        The simulation's window keeps the queue short, so that never happens to a job of ours.
        """
        try:
            self._queue.put_nowait((number, segments))
        except queue.Full:
            return False
        return True

    @property
    def refusal(self) -> str:
        """Why the server takes nothing; empty if it does, or is only full of experience that the trainer will take."""
        return "" if self.waiting.startswith("full: ") else self.waiting

    @property
    def ended(self) -> bool:
        """Whether the thread has come to its end; `close` says why."""
        return not self._thread.is_alive()

    def _send_all(self) -> None:
        while not self._stop.is_set():
            try:
                number, segments = self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
            try:
                appended = self._append(segments)
            except InputError as error:
                self._failure = error
                return
            if appended:
                self._on_recorded(number)

    def _append(self, segments: list[Segment]) -> bool:
        """Append, and wait for room for as many again; False if it was stopped before."""
        while not self._writer.append(segments):
            self.waiting = self._writer.last_error
            if self._stop.wait(RETRY_SECONDS):
                return False
        size = sum(layout(segment).size for segment in segments)
        while not self._writer.has_room(size):
            self.waiting = f"full: {self._writer.held_bytes} of {self._writer.capacity_bytes} bytes held"
            if self._stop.wait(RETRY_SECONDS):
                return False
        self.waiting = ""
        return True

    def close(self) -> None:
        """Stop the thread and close the connection; what was not appended is lost, as with a killed job.

        A server that does not answer is not waited for.

        Raises:
            InputError: if Redis was away for too long.
            RuntimeError: if the thread had ended by an error, which it has printed.
        """
        died = self.ended and not self._stop.is_set()
        self._stop.set()
        self._thread.join(timeout=2.0)
        if not self._thread.is_alive():
            self._writer.close()
        if self._failure is not None:
            raise self._failure
        if died:
            raise RuntimeError("the segment sender has ended; its error stands above")
