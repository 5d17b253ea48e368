"""A ROS domain for every training of a machine: in one domain, each would hear the other's cars."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from deepracer_ros.errors import InputError

DOMAIN, RANGE = "ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE"
DOMAINS = range(102)
"""Those above reach into the ports that Linux hands to clients."""


@contextmanager
def own_domain() -> Iterator[int]:
    """Put this process and its children into a domain that no other training here uses; the first one gets 0.

    They are heard on this machine only, unless the environment says otherwise. A domain that the user
    has chosen is left to the user: yields -1.

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
    """Return a domain and what holds it: the TCP port with the number of its first UDP port, which DDS does not want.

    The kernel frees it when this process ends, however it ends.
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
