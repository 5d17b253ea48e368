# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Appending of segments to Redis in a thread of its own, with flow control."""

import queue
import threading
from collections.abc import Callable

from deepracer_ros.errors import InputError
from deepracer_ros.experience.encoding import layout
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.writer import ExperienceWriter

RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.002, 0.1
"""Interval at which a full Redis is asked for room, s: at first, and after it has doubled again and again. A full Redis
has the trainer's next batches, so it does not matter that the room is found late; but many jobs that ask all the time
would take the cores of a trainer beside them, and Redis' time."""


class SegmentSender:
    """A thread that appends segments in order and reports when there is room for the same number again.

    Attributes:
        waiting: Why segments cannot be appended at present; empty if they can.
    """

    def __init__(self, writer: ExperienceWriter, on_recorded: Callable[[int], None]) -> None:
        """Start the thread.

        Args:
            writer: Writer of the experience, which only this thread uses.
            on_recorded: Called in the thread with the number of a segment's last step, when everything up to it is in
                Redis and there is room for the same amount again.
        """
        self.waiting = ""
        self._failure: InputError | None = None
        self._writer, self._on_recorded = writer, on_recorded
        self._queue: queue.Queue[tuple[int, list[Segment]]] = queue.Queue(maxsize=4)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_all, name="segment sender", daemon=True)
        self._thread.start()

    def send(self, number: int, segments: list[Segment]) -> bool:
        """Queue segments that end at step `number`; return False if the queue is full and they are dropped.

        A simulation that keeps to its window never fills the queue.
        """
        try:
            self._queue.put_nowait((number, segments))
        except queue.Full:
            return False
        return True

    @property
    def refusal(self) -> str:
        """Why the server refuses segments; empty if it accepts them, or is only full until the trainer takes some."""
        return "" if self.waiting.startswith("full: ") else self.waiting

    @property
    def ended(self) -> bool:
        """Whether the thread has ended; `close` then raises its error."""
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
        """Append segments and wait for room for the same amount; return False if stopped before."""
        pause = RETRY_SECONDS
        while not self._writer.append(segments):
            self.waiting = self._writer.last_error
            if self._stop.wait(pause):
                return False
            pause = min(2.0 * pause, LONGEST_RETRY_SECONDS)
        size, pause = sum(layout(segment).size for segment in segments), RETRY_SECONDS
        while not self._writer.has_room(size):
            self.waiting = f"full: {self._writer.held_bytes} of {self._writer.capacity_bytes} bytes held"
            if self._stop.wait(pause):
                return False
            pause = min(2.0 * pause, LONGEST_RETRY_SECONDS)
        self.waiting = ""
        return True

    def close(self) -> None:
        """Stop the thread and close the connection; segments that are not yet appended are lost.

        Does not wait for a server that does not answer.

        Raises:
            InputError: if Redis was unreachable for too long.
            RuntimeError: if the thread ended by another error, which it has printed.
        """
        died = self.ended and not self._stop.is_set()
        self._stop.set()
        self._thread.join(timeout=2.0)
        if not self._thread.is_alive():
            self._writer.close()
        if self._failure is not None:
            raise self._failure
        if died:
            raise RuntimeError("the segment sender has ended; its traceback is in the log above")
