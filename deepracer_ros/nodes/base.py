# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Making nodes, and running them until a signal."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Protocol

import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown

from deepracer_ros.engine.processes import BAD_INPUT, FATAL, HELD, PREFIX
from deepracer_ros.errors import FatalError, InputError
from deepracer_ros.nodes.executor import make_executor
from deepracer_ros.nodes.transport import use_udp


class RunnableNode(Protocol):
    """Protocol of a node that `run` can run."""

    @property
    def node(self) -> Node:
        """The ROS node."""
        ...

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
    with declare_overrides(name):
        return Node(name, automatically_declare_parameters_from_overrides=True)


@contextmanager
def declare_overrides(name: str) -> Iterator[None]:
    """Run a block that makes a node with all parameters that it was given.

    Args:
        name: Name of the node.

    Raises:
        InputError: if a parameter is an empty list, whose type ROS cannot infer, or has no value.
    """
    try:
        yield
    except ValueError as error:  # rclpy names neither the parameter nor the file
        raise InputError(
            f"parameters of {name}: found an empty list or no value ({error}), expected the key to be left out"
        ) from error


class _LoggedError(Exception):
    """Bad input while nodes run, which a node has logged."""


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
        The exit code: 0 after a finished node, 2 after bad input, 3 after bad input that a restart would only meet
        again, 0 or 128 plus the number after SIGINT or SIGTERM.
    """
    signals = _Signals()
    finished = False
    try:
        finished = _run(makers, arguments, signals)
    except _LoggedError as logged:
        return FATAL if isinstance(logged.__cause__, FatalError) else BAD_INPUT
    except InputError as error:
        print(f"{PREFIX}{error}", file=sys.stderr, flush=True)
        return FATAL if isinstance(error, FatalError) else BAD_INPUT
    except KeyboardInterrupt:
        pass
    finally:
        gc.freeze()  # otherwise the process takes another second to end, for the objects of torch and numba
    return 128 + signals.received if tell_signal and signals.received and not finished else 0


def _run(makers: Sequence[Callable[[], RunnableNode]], arguments: list[str] | None, signals: _Signals) -> bool:
    """Run the nodes; return whether the loop ended because a node has finished."""
    if os.environ.pop(HELD, ""):
        sys.stdin.buffer.read()  # the servers start while this process loads its code
    use_udp()
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
        try:
            while not signals.received and not any(node.finished for node in nodes):
                executor.spin_once(timeout_sec=0.1)
        except InputError as error:
            nodes[0].node.get_logger().fatal(str(error))  # on /rosout too
            raise _LoggedError from error
        return any(node.finished for node in nodes)
