# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Common parts of all nodes: quality of service, diagnostics, and running until a signal."""

import gc
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import FrameType
from typing import Protocol

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.timer import Timer
from rclpy.utilities import try_shutdown

from deepracer_ros.engine.processes import PREFIX, WELL_AGAIN
from deepracer_ros.errors import InputError
from deepracer_ros.nodes.executor import make_executor

DIAGNOSTICS_PERIOD = 1.0
"""Period of the diagnostics, s."""


def every(node: Node, seconds: float, callback: Callable[[], object]) -> Timer:
    """Return a timer on the steady clock, which neither `use_sim_time` nor a change of the system time stops.

    Args:
        node: The node that the timer belongs to.
        seconds: Period, s.
        callback: Called once per period.
    """
    return node.create_timer(seconds, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))


class Diagnostics:
    """Publishes the status of a node on `/diagnostics` every second, and logs each change of its error once."""

    def __init__(self, node: Node, report: Callable[[], dict[str, object]]) -> None:
        """Start to publish.

        Args:
            node: The node whose status is published.
            report: Returns the figures of the node by name, called once a second; if `error` is not empty, the level
                is ERROR.
        """
        self._node, self._report = node, report
        self._said = ""
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._timer = every(node, DIAGNOSTICS_PERIOD, self.publish)

    def publish(self) -> None:
        """Publish the status now."""
        figures = self._report()
        error = str(figures.get("error") or "")
        if error != self._said:
            self._said = error
            print(f"{PREFIX}{self._node.get_name()}: {error or WELL_AGAIN}", file=sys.stderr, flush=True)
        status = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if error else DiagnosticStatus.OK,
            name=self._node.get_fully_qualified_name().lstrip("/"),
            message=error or "running",
            hardware_id="deepracer_ros",
            values=[KeyValue(key=key, value=str(value)) for key, value in figures.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


class Rate:
    """Number of events per second since the last reading.

    Attributes:
        count: Total number of events; the owner increases it.
    """

    def __init__(self) -> None:
        """Start counting."""
        self.count = 0
        self._asked, self._at = 0, time.monotonic()

    def take(self) -> float:
        """Return the events per second since the last call, and start a new period."""
        now, since = time.monotonic(), self.count - self._asked
        rate = since / max(now - self._at, 1e-9)
        self._asked, self._at = self.count, now
        return round(rate, 1)


class RunnableNode(Protocol):
    """Protocol of a node that `run` can run.

    Attributes:
        node: The ROS node.
    """

    node: Node

    @property
    def finished(self) -> bool:
        """Whether the work of the node is done, which ends the process."""
        ...

    def close(self) -> None:
        """Release all resources of the node except the ROS node itself."""
        ...


def make_node(name: str) -> Node:
    """Return a ROS node that declares every parameter it was given.

    Args:
        name: Name of the node.

    Raises:
        InputError: if a parameter is an empty list, whose type ROS cannot infer, or has no value.
    """
    try:
        return Node(name, automatically_declare_parameters_from_overrides=True)
    except ValueError as error:  # rclpy names neither the parameter nor the file
        raise InputError(
            f"parameters of {name}: found an empty list or no value ({error}), expected the key to be left out"
        ) from error


class _Signals:
    """Handlers that end the loop at SIGINT and SIGTERM.

    The handlers of rclpy end the context at once, and a node that publishes at that moment gets an error. Here the
    context stays until all nodes are closed. Before the loop, a signal raises KeyboardInterrupt, so that it can
    interrupt compilation or waiting for a server.

    Attributes:
        received: Number of the first signal; 0 before the first.
        looping: Whether the loop has started, which checks `received`.
    """

    def __init__(self) -> None:
        """Install the handlers."""
        self.received, self.looping = 0, False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        first, self.received = not self.received, self.received or number
        if first and not self.looping:
            raise KeyboardInterrupt


def run(
    makers: Sequence[Callable[[], RunnableNode]], arguments: list[str] | None = None, *, tell_signal: bool = False
) -> int:
    """Create nodes and run them in one executor until a signal, an error, or the end of a node's work.

    Args:
        makers: Functions that each create one node, called in order.
        arguments: ROS arguments; by default those of this process.
        tell_signal: Whether a signal gives the exit code 128 plus its number instead of 0.

    Returns:
        The exit code: 0 after a finished node, 2 after bad input, 0 or 128 plus the number after SIGINT or SIGTERM.
    """
    signals = _Signals()
    finished = False
    try:
        finished = _run(makers, arguments, signals)
    except InputError as error:
        print(f"{PREFIX}{error}", file=sys.stderr, flush=True)
        return 2
    except KeyboardInterrupt:
        pass
    finally:
        gc.freeze()  # otherwise the process takes another second to end, for the objects of torch and numba
    return 128 + signals.received if tell_signal and signals.received and not finished else 0


def _run(makers: Sequence[Callable[[], RunnableNode]], arguments: list[str] | None, signals: _Signals) -> bool:
    """Run the nodes; return whether the loop ended because a node has finished."""
    with ExitStack() as stack:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        stack.callback(try_shutdown)
        executor = make_executor()  # `spin` does not return on a signal, but `spin_once` does
        stack.callback(executor.shutdown)
        nodes: list[RunnableNode] = []
        for maker in makers:
            node = maker()
            stack.callback(node.close)
            executor.add_node(node.node)
            nodes.append(node)
        signals.looping = True
        while not signals.received and not any(node.finished for node in nodes):
            executor.spin_once(timeout_sec=0.1)
        return any(node.finished for node in nodes)
