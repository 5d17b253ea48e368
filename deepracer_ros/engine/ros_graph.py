# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Place of the nodes of a training in the ROS graph."""

import re
from dataclasses import dataclass

from deepracer_ros.engine.processes import HEALTH_LOGGER
from deepracer_ros.errors import InputError

NAMESPACE = re.compile(r"/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*/?", re.ASCII)


@dataclass(frozen=True)
class RosGraph:
    """Place of the nodes of a training in the ROS graph, and what they log.

    Attributes:
        namespace: Namespace of the nodes; empty: none.
        log_level: Log level of the nodes.
    """

    namespace: str = ""
    log_level: str = "warn"

    def __post_init__(self) -> None:
        """Check the namespace.

        Raises:
            InputError: if ROS does not allow it.
        """
        if self.namespace and not NAMESPACE.fullmatch(self.namespace):
            raise InputError(f"namespace: found {self.namespace!r}, expected names of letters, digits and _ between /")

    def arguments(self, *nodes: str, inside: str = "") -> list[str]:
        """Return the ROS arguments of a process: its namespace, where models are announced, and the log levels.

        Args:
            nodes: Names of the nodes in the process. What they log of their health is always written, because the
                session reads it.
            inside: Namespace of the process inside this one; empty: none.
        """
        parts = [part for part in self.namespace.split("/") if part]
        own = [*parts, inside] if inside else parts
        arguments = ["-r", f"__ns:=/{'/'.join(own)}"] if own else []
        if inside:  # one trainer announces its models to the agents of all jobs
            arguments += ["-r", f"model/published:=/{'/'.join([*parts, 'model', 'published'])}"]
        arguments += ["--log-level", self.log_level]
        for node in nodes:
            arguments += ["--log-level", f"{'.'.join([*own, node, HEALTH_LOGGER])}:=info"]
        return arguments


PLAIN = RosGraph()
"""No namespace, and warnings only."""


def job_namespace(job: int) -> str:
    """Return the namespace of the nodes of a simulation job inside that of the run; empty for job 0."""
    return f"job_{job}" if job else ""
