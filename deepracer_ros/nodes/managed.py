# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Managed nodes (lifecycle nodes of ROS 2) of this package, which start by themselves unless they are told not to."""

from collections.abc import Callable, Collection
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.base import declare_overrides
from deepracer_ros.nodes.diagnostics import Health
from deepracer_ros.nodes.parameters import read_config, read_place

NOT_CONFIGURED = Health(warning="not configured")
"""Health of a node before its configuration."""
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class ManagedNode(LifecycleNode):
    """A managed node. A subclass overrides `configure`, `activate`, `deactivate` and `clean_up`.

    Attributes:
        config: Configuration of the run.
        place: Place of the node in the run.
        finished: Always False; a managed node runs until a signal.
    """

    finished = False

    def __init__(self, name: str, changeable: Collection[str] = (), **options: Any) -> None:  # noqa: ANN401
        """Read the parameters.

        Args:
            name: Name of the node.
            changeable: Names of the keys that may change while the node runs.
            options: Options of `rclpy.node.Node`, for example `namespace` where a process has several cars.

        Raises:
            InputError: on wrong parameters.
        """
        with declare_overrides(name):
            super().__init__(name, automatically_declare_parameters_from_overrides=True, **options)
        self.config, self.place = read_config(self, changeable), read_place(self)
        self._is_configured = False
        self._own = self._entities()

    @property
    def node(self) -> Node:
        """The node itself."""
        return self

    def start(self) -> None:
        """Configure and activate the node, unless its parameter `autostart` is false.

        Raises:
            InputError: if the configuration fails.
        """
        if self.place.autostart:
            self._configure()  # here, not in the transition, which would hide an error
            self.trigger_configure()  # type: ignore[no-untyped-call]
            self.trigger_activate()  # type: ignore[no-untyped-call]

    def configure(self) -> None:
        """Prepare everything that needs time or can fail.

        Raises:
            InputError: if this is not possible.
        """

    def activate(self) -> None:
        """Begin the work."""

    def deactivate(self) -> None:
        """Pause the work; what moves stops."""

    def clean_up(self) -> None:
        """Undo `configure`."""

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition `configure`."""
        if not self._is_configured:
            try:
                self._configure()
            except InputError as error:
                self.node.get_logger().error(str(error))
                self._remove_entities()
                return FAILURE
        return SUCCESS

    def _configure(self) -> None:
        self._own = self._entities()
        self.configure()
        self._is_configured = True

    def _entities(self) -> list[tuple[Callable[[Any], object], list[Any]]]:
        """Return the topics, services and timers of the node by kind, each kind with what removes one."""
        return [
            (self.destroy_publisher, list(self.publishers)), (self.destroy_subscription, list(self.subscriptions)),
            (self.destroy_service, list(self.services)), (self.destroy_client, list(self.clients)),
            (self.destroy_timer, list(self.timers)),
        ]  # fmt: skip

    def _remove_entities(self) -> None:
        """Remove the topics, services and timers that `configure` has made."""
        for (destroy, entities), (_, own) in zip(self._entities(), self._own, strict=True):
            kept = set(map(id, own))
            for entity in entities:
                if id(entity) not in kept:
                    destroy(entity)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition `activate`."""
        super().on_activate(state)
        return self._do(self.activate)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition `deactivate`."""
        super().on_deactivate(state)
        return self._do(self.deactivate)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition `cleanup`."""
        self._is_configured = False
        self.clean_up()
        self._remove_entities()
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition `shutdown`."""
        return self._do(self.close)

    @staticmethod
    def _do(step: Callable[[], None]) -> TransitionCallbackReturn:
        step()
        return SUCCESS

    def close(self) -> None:
        """Stop the work and release all resources of the node except the ROS node itself."""
        if self._is_configured:
            self._is_configured = False
            self.deactivate()
            self.clean_up()

    def destroy_node(self) -> None:
        """Remove the node from the ROS graph.

        rclpy 7 keeps the services of the lifecycle until Python collects the node. A manager of a later node of the
        same name would then see a server with a part of its topics, and wait for it without end.
        """
        super().destroy_node()  # type: ignore[no-untyped-call]
        self._state_machine.destroy_when_not_in_use()
