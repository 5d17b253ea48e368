# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Commands inside a Debian root file system with bubblewrap, for root and for ordinary users.

A sandbox has its own processes, network, /tmp and /dev. So its processes end with it, its ports and X displays do not
collide with others, and no file or mount is left behind.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from deepracer_ros.errors import InputError

DATA = "/mnt"
"""Mount point of a sandbox's own folders and files: an empty folder of every Debian root."""

ENVIRONMENT = {
    "HOME": "/tmp",
    "PATH": "/usr/bin:/bin:/usr/sbin",
    "LANG": "C.UTF-8",
    "GAZEBO_IP": "127.0.0.1",
    "GAZEBO_MASTER_URI": "http://127.0.0.1:11345",
    "IGN_IP": "127.0.0.1",
    "GAZEBO_MODEL_DATABASE_URI": "",
}
"""Environment variables of every sandbox."""

KILL_WITH = '(read -r end <"/proc/self/fd/$0"; kill -KILL 0) & exec "$@"'
"""Shell script that kills its process group when the writing end of the pipe with descriptor $0 is closed.

bubblewrap's --die-with-parent has no effect while bubblewrap starts: its inner process would wait for ever for an outer
process that was killed.
"""


def start(
    root: Path,
    command: Sequence[str],
    *,
    folders: Mapping[str, Path] | None = None,
    writable: Mapping[str, Path] | None = None,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    sockets: Iterable[int] = (),
    watched: int | None = None,
    output: IO[bytes] | int | None = None,
    errors: IO[bytes] | int | None = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start a command in a sandbox that ends with the calling process, even if the calling process is killed.

    Args:
        root: The Debian root, mounted read-only as `/`.
        command: The command and its arguments.
        folders: Folders to mount read-only, by their name in `DATA`.
        writable: Folders to mount writable, by their name in `DATA`.
        files: Contents of files by their name in `DATA`; the files exist only in the sandbox.
        environment: Environment variables in addition to `ENVIRONMENT`.
        sockets: Descriptors that the command inherits under the same numbers.
        watched: Reading end of a pipe; the sandbox is killed when the pipe's writing end is closed in all processes.
        output: Destination of standard output, as for `subprocess.Popen`.
        errors: Destination of standard error, as for `subprocess.Popen`.

    Raises:
        InputError: if bubblewrap is missing.
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise InputError("bubblewrap: found no bwrap on the PATH, expected it (as root: apt-get install bubblewrap)")
    arguments = [bubblewrap, "--ro-bind", str(root), "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    arguments += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent", "--clearenv", "--tmpfs", DATA]
    for name, folder in (folders or {}).items():
        arguments += ["--ro-bind", str(folder.resolve()), f"{DATA}/{name}"]
    for name, folder in (writable or {}).items():
        arguments += ["--bind", str(folder.resolve()), f"{DATA}/{name}"]
    for name, value in {**ENVIRONMENT, **(environment or {})}.items():
        arguments += ["--setenv", name, value]
    with ExitStack() as stack:
        descriptors = []
        for name, text in (files or {}).items():
            descriptor = os.memfd_create(name)
            stack.callback(os.close, descriptor)
            os.write(descriptor, text.encode())
            os.lseek(descriptor, 0, os.SEEK_SET)
            arguments += ["--ro-bind-data", str(descriptor), f"{DATA}/{name}"]
            descriptors.append(descriptor)
        if watched is not None:
            arguments = ["sh", "-c", KILL_WITH, str(watched), *arguments]
            descriptors.append(watched)
        return subprocess.Popen(
            [*arguments, "--", *command],
            pass_fds=[*descriptors, *sockets],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,  # Ctrl-C reaches only the parent, which then ends the sandbox
        )
