# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What a sandboxed process may do: bubblewrap around it, a filter of system calls and resource limits in it.

The filter (seccomp) needs no permission and works in containers. It lets the process compute, read files and use the
descriptors that it has. Everything else is refused with EPERM: to write or remove files, to open sockets, to start
processes or threads, to send signals. bubblewrap, where it may be used, adds a file system that is read-only and a
network and process tree of its own. One of the two is enough for the promises of this module.
"""

import errno
import importlib
import os
import resource
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from deepracer_ros.errors import InputError

KERNEL_FILTERS = Path("/proc/sys/kernel/seccomp/actions_avail")
"""A file of kernels that filter system calls."""
PROBE_SECONDS = 5.0
"""Longest time until bubblewrap shows whether it may be used, s."""
MEMORY = 4 << 30
"""Address space of the process, bytes."""
DATA = 1 << 30
"""Private memory of the process, bytes."""
OPEN_FILES = 128
"""Greatest number of open descriptors of the process."""

ALLOWED = (
    # memory
    "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "mincore",
    # descriptors that the process has
    "read", "readv", "pread64", "write", "writev", "lseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl",
    "ioctl", "poll", "ppoll", "select", "pselect6", "fadvise64",
    # reading of files
    "stat", "lstat", "fstat", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "access", "faccessat",
    "faccessat2", "readlink", "readlinkat", "getdents64", "getcwd",
    # time, identity, signals of its own, and the end
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "getpid",
    "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrusage", "getrlimit", "sysinfo", "uname",
    "getrandom", "sched_yield", "sched_getaffinity", "getcpu", "futex", "set_robust_list", "rseq", "membarrier",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "arch_prctl", "exit",
    "exit_group",
)  # fmt: skip
"""System calls of a process that computes and reads."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
"""Flags of `openat` that a process which only reads does not set."""


@dataclass(frozen=True)
class Confinement:
    """The means by which a process is confined.

    Attributes:
        bubblewrap: Whether bubblewrap runs the process.
        seccomp: Whether the process filters its system calls.
    """

    bubblewrap: bool
    seccomp: bool

    @property
    def holds(self) -> bool:
        """Whether the process can neither write files, nor use the network, nor leave processes behind."""
        return self.bubblewrap or self.seccomp

    def command(self, command: list[str]) -> list[str]:
        """Return the command that runs a command in the confinement."""
        if not self.bubblewrap:
            return command
        return [
            shutil.which("bwrap") or "bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
            "--unshare-all", "--", *command,
        ]  # fmt: skip


@cache
def find_confinement() -> Confinement:
    """Return the means that this machine has; bubblewrap is tried, because a system may forbid its use."""
    return Confinement(_bubblewrap_works(), KERNEL_FILTERS.exists() and _seccomp() is not None)


def check_confinement() -> None:
    """Check that this machine can confine a process.

    Raises:
        InputError: if it cannot.
    """
    if not find_confinement().holds:
        raise InputError(f"require_sandbox: {MISSING}")


MISSING = (
    "found neither libseccomp nor a bubblewrap that may be used, expected one of them to keep a reward function from "
    "files and networks (as root: apt-get install libseccomp2)"
)
"""What is said of a machine that cannot confine a process."""


def _bubblewrap_works() -> bool:
    if shutil.which("bwrap") is None:
        return False
    try:
        done = subprocess.run(
            Confinement(bubblewrap=True, seccomp=False).command(["true"]),
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _seccomp() -> ModuleType | None:
    """Return libseccomp's own Python module, which Debian packages, or the one of the registry; None without both."""
    for name in ("seccomp", "pyseccomp"):
        with suppress(ImportError, RuntimeError):  # RuntimeError: the module is here, the library is not
            return importlib.import_module(name)
    return None


def limit_resources() -> None:
    """Limit memory, files and processes of this process."""
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_DATA: DATA,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for limit, most in limits.items():
        hard = resource.getrlimit(limit)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))


def filter_system_calls() -> None:
    """Refuse from now on, in this process, all system calls but `ALLOWED` and opening files to read them.

    Raises:
        OSError: if the kernel refuses the filter.
    """
    seccomp = _seccomp()
    if seccomp is None:
        return
    calls = seccomp.SyscallFilter(defaction=seccomp.ERRNO(errno.EPERM))
    for name in ALLOWED:
        _allow(seccomp, calls, name)
    _allow(seccomp, calls, "open", seccomp.Arg(1, seccomp.MASKED_EQ, WRITING, 0))
    _allow(seccomp, calls, "openat", seccomp.Arg(2, seccomp.MASKED_EQ, WRITING, 0))
    # Limits may be read, not changed.
    _allow(seccomp, calls, "prlimit64", seccomp.Arg(2, seccomp.EQ, 0))
    calls.load()


def _allow(seccomp: ModuleType, calls: object, name: str, *arguments: object) -> None:
    """Allow a system call; some do not exist on every processor."""
    try:
        calls.add_rule(seccomp.ALLOW, name, *arguments)  # type: ignore[attr-defined]
    except (OSError, RuntimeError, ValueError):
        return
