"""What all nodes share: quality of service, diagnostics, and running until a signal."""

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
from rclpy.experimental.events_executor import EventsExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown

from deepracer_ros.engine.processes import PREFIX, WELL_AGAIN
from deepracer_ros.errors import InputError


def in_order(depth: int) -> QoSProfile:
    """Return the quality of service by which nobody misses a message who is less than `depth` of them behind."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.VOLATILE,
    )


LOCK_STEP = in_order(8)
"""Between nodes that wait for one another at every step."""
NEWEST = in_order(1)
"""Where what is old is of no use."""
LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)  # fmt: skip
"""A late subscriber gets the last message."""
DIAGNOSTICS_PERIOD = 1.0


def recorded(window: int) -> QoSProfile:
    """Return the quality of service of what is recorded: the simulation runs `window` steps ahead at most."""
    return in_order(max(8, window + 2))


class Diagnostics:
    """Publishes one status of a node on `/diagnostics` every second, and writes what is wrong to its log once."""

    def __init__(self, node: Node, report: Callable[[], dict[str, object]]) -> None:
        """Take the function that returns the node's figures.

        Args:
            node: The node.
            report: Called once a second; a key `error` that is not empty makes the level ERROR.
        """
        self._node, self._report = node, report
        self._said = ""
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._timer = node.create_timer(DIAGNOSTICS_PERIOD, self.publish)

    def publish(self) -> None:
        """Publish the figures now."""
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
    """Events per second since it was last asked."""

    def __init__(self) -> None:
        """Start counting."""
        self.count = 0
        self._asked, self._at = 0, time.monotonic()

    def take(self) -> float:
        """Return the rate and start anew."""
        now, since = time.monotonic(), self.count - self._asked
        rate = since / max(now - self._at, 1e-9)
        self._asked, self._at = self.count, now
        return round(rate, 1)


class RunnableNode(Protocol):
    """A node of ours: it may end the process by `finished`, and frees what it holds in `close`."""

    node: Node

    @property
    def finished(self) -> bool:
        """Whether its work is done, which ends the process."""
        ...

    def close(self) -> None:
        """Free everything but the node itself."""
        ...


def make_node(name: str) -> Node:
    """Return a plain node that has every parameter it was given.

    Raises:
        InputError: if a parameter is an empty list, whose type ROS cannot know.
    """
    try:
        return Node(name, automatically_declare_parameters_from_overrides=True)
    except ValueError as error:  # rclpy names neither the parameter nor the file
        raise InputError(
            f"parameters of {name}: found an empty list or no value ({error}), expected the key to be left out"
        ) from error


class _Signals:
    """SIGINT and SIGTERM as the end of the loop.

    rclpy's own handlers end the context at once, and whoever publishes in that moment gets an error. Here it
    stays until all nodes are closed. Before the loop a signal interrupts what takes long: compiling, or a server.

    Attributes:
        received: Number of the first signal; 0 before it.
        looping: Whether the loop looks at `received`.
    """

    def __init__(self) -> None:
        """Catch them from now on."""
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
    """Make the nodes and run them in one executor until a signal, an error, or one has finished.

    Args:
        makers: Called in their order, each for one node.
        arguments: ROS arguments; by default those of this process.
        tell_signal: Whether an end by a signal is another exit code than the end of the work.

    Returns:
        Exit code: 0 after a finished node, 2 after bad input; after SIGINT or SIGTERM 0, or 128 plus the signal.
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
        gc.freeze()  # else the end of the process takes another second, for what torch and numba hold
    return 128 + signals.received if tell_signal and signals.received and not finished else 0


def _run(makers: Sequence[Callable[[], RunnableNode]], arguments: list[str] | None, signals: _Signals) -> bool:
    """Run the nodes; return whether the loop ended because one has finished."""
    with ExitStack() as stack:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        stack.callback(try_shutdown)
        # The fastest executor; its spin() never returns on a signal, its spin_once() does.
        executor = EventsExecutor()
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
