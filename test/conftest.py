"""Settings of every test process; made before anything imports rclpy or numba."""

import os
import socket
import tempfile


def _own_domain() -> tuple[int, socket.socket]:
    """Return a ROS domain that no other test process on this machine uses, and what holds it.

    The holder is a TCP port with the number of the domain's first UDP port: DDS does not want it, and
    the kernel frees it when this process ends, however it ends. Domains above 101 reach into the
    ports that Linux hands to clients.
    """
    for offset in range(101):
        domain = 1 + (os.getpid() + offset) % 101
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", 7400 + 250 * domain))
        except OSError:
            holder.close()
        else:
            return domain, holder
    raise RuntimeError("all ROS domains from 1 to 101 are in use by test processes of this machine")


_DOMAIN, _DOMAIN_HOLDER = _own_domain()
_ROS_LOGS = tempfile.TemporaryDirectory(prefix="deepracer-ros-log-", ignore_cleanup_errors=True)

os.environ.update(
    ROS_DOMAIN_ID=str(_DOMAIN),
    ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST",
    ROS_LOG_DIR=_ROS_LOGS.name,
    ROS_PYTHON_CHECK_FIELDS="1",  # else a wrongly typed field arrives as another number
    RMW_IMPLEMENTATION="rmw_fastrtps_cpp",
)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", str(min(2, os.cpu_count() or 1)))
os.environ.setdefault("MPLBACKEND", "Agg")
