# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Chooses a separate ROS domain for each training on a machine, so that their topics do not mix."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from deepracer_ros.errors import InputError

DOMAIN, RANGE = "ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE"
DOMAINS = range(102)
"""Domain ids that are used. The ports of higher ids overlap the range that Linux uses for outgoing connections."""


@contextmanager
def own_domain() -> Iterator[int]:
    """Put this process and its children in a ROS domain that no other training on this machine uses.

    Yields the domain id. The first training gets domain 0. Discovery is limited to this machine unless the environment
    variable `ROS_AUTOMATIC_DISCOVERY_RANGE` is set. If the user has set `ROS_DOMAIN_ID`, it is kept, and -1 is yielded.

    Raises:
        InputError: if all domains are in use.
    """
    if os.environ.get(DOMAIN):
        yield -1
        return
    domain, holder = _hold_domain()
    earlier = os.environ.copy()
    os.environ[DOMAIN] = str(domain)
    os.environ.setdefault(RANGE, "LOCALHOST")
    try:
        yield domain
    finally:
        holder.close()
        for name in (DOMAIN, RANGE):
            os.environ.pop(name)
            if name in earlier:
                os.environ[name] = earlier[name]


def chosen_domain() -> int:
    """Return the domain that the environment names; 0, ROS' own default, if it names none."""
    text = os.environ.get(DOMAIN, "")
    return int(text) if text.isdecimal() else 0


def _hold_domain() -> tuple[int, socket.socket]:
    """Return a domain id and the socket that reserves it.

    The socket is bound to the TCP port with the number of the domain's first UDP port, since DDS does not use that TCP
    port. The kernel frees it when this process ends for any reason.
    """
    for domain in DOMAINS:
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", 7400 + 250 * domain))
        except OSError:
            holder.close()
        else:
            return domain, holder
    raise InputError(f"ROS domains: found all of 0 to {DOMAINS[-1]} in use by other trainings, expected a free one")
