# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The transport of the nodes: Fast DDS without shared memory, which does not survive killed processes."""

import os

TRANSPORTS = "FASTDDS_BUILTIN_TRANSPORTS"
"""Environment variable that names Fast DDS' transports."""
PROFILES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""Environment variables with the path of Fast DDS' profiles, up to Jazzy and since Kilted."""


def use_udp() -> None:
    """Let the nodes of this process, and of those that it starts, send by UDP, unless the user has chosen a transport.

    It must be called before the first node is made. The messages that a killed receiver had not read keep their part
    of the sender's shared memory. Sooner or later there is no room for another image in one piece, and then no receiver
    gets one again, however often it is started anew. Nodes in one process send to each other directly in any case.
    With the discovery range LOCALHOST, rmw_fastrtps uses shared memory whatever is chosen here.
    """
    if not any(map(os.environ.get, (TRANSPORTS, *PROFILES))):
        os.environ[TRANSPORTS] = "UDPv4"
