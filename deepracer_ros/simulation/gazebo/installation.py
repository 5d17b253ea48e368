# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Preparation of Gazebo 11: the system's own or a private Debian root in a cache folder, and the lock-step plugin.

Of Debian's releases only bullseye contains Gazebo Classic 11. So a newer system gets a separate root file system of
this release (1.4 GB) in a cache folder; nothing is installed into the system itself.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.machine import cache_directory
from deepracer_ros.simulation.gazebo import sandbox

SYSTEM = Path("/")
"""Root of the system's own Gazebo."""

SUITE = "bullseye"
"""Debian release of the private root."""

PACKAGES = (
    "gazebo",
    "xvfb",
    "libgl1-mesa-dri",
    "libgl1-mesa-glx",
    "g++",
    *(f"libboost-{part}dev" for part in ("", "thread-", "system-", "filesystem-")),
    "libsdformat-dev",
    *(f"libignition-{part}-dev" for part in ("math", "common", "msgs", "transport")),
    "libprotobuf-dev",
    "libtbb-dev",
)
"""Packages that are installed into the private root."""

HEADERS_ONLY = ("libgazebo-dev", "libignition-fuel-tools-dev")
"""Packages that are unpacked without their dependencies: half a gigabyte that a world plugin does not need."""

COMPILE = r"""
set -e
cd /mnt/build
includes=$(for d in /usr/include/gazebo-11 /usr/include/sdformat-* /usr/include/ignition/*; do echo "-isystem $d"; done)
g++ -std=c++17 -O2 -Wall -Wextra -fPIC -shared -o lockstep.partial /mnt/plugin/lockstep.cc $includes
mv lockstep.partial liblockstep.so
"""
"""Shell script that compiles the plugin in the sandbox."""

PLUGIN_SOURCE = Path(__file__).parent / "plugin"
"""Folder of the plugin's source files."""

Report = Callable[[str], None]
"""A function that takes one line of progress."""


def cache_folder() -> Path:
    """Return Gazebo's cache folder: $DEEPRACER_GAZEBO, or deepracer_ros/gazebo in the user's cache folder."""
    if "DEEPRACER_GAZEBO" in os.environ:
        return Path(os.environ["DEEPRACER_GAZEBO"])
    return cache_directory("gazebo")


@dataclass(frozen=True)
class Installation:
    """A Gazebo 11 that is ready to run.

    Attributes:
        root: Root folder of the file system that contains Gazebo.
        plugin: Folder that contains liblockstep.so.
        cache: Folder for generated files that are reused.
    """

    root: Path
    plugin: Path
    cache: Path


def find_installation() -> Installation:
    """Return the prepared Gazebo.

    Raises:
        InputError: if something is missing because `deepracer gazebo prepare` has not completed; the message names it.
    """
    missing = missing_part()
    if missing:
        raise InputError(f"Gazebo: {missing}; expected it from `deepracer gazebo prepare` (or `make gazebo`)")
    return Installation(_root(), _plugin_folder(), cache_folder())


def missing_part() -> str:
    """Return a message that names the first missing part of the installation; empty if nothing is missing."""
    if not shutil.which("bwrap"):
        return "found no bwrap (bubblewrap) on the PATH"
    if not (_root() / "usr/bin/gzserver").is_file():
        return f"found no Gazebo 11 in {cache_folder()}"
    if not (_plugin_folder() / "liblockstep.so").is_file():
        return f"found no lock-step plugin of this version in {cache_folder()}"
    return ""


def prepare(report: Report) -> Installation:
    """Prepare Gazebo and the lock-step plugin; steps that are already done are skipped.

    The function may be interrupted and called again.

    Args:
        report: Called with each line of progress.

    Raises:
        InputError: if a package is missing that only root can install, or a step fails.
    """
    began = time.monotonic()

    def progress(line: str) -> None:
        report(f"[{time.monotonic() - began:4.0f} s] {line}")

    unpacked = (_root() / "usr/bin/gzserver").is_file()
    # For an ordinary user mmdebstrap works in a user namespace, for which newuidmap maps the user's subordinate ids.
    building = ["mmdebstrap"] if os.geteuid() == 0 else ["mmdebstrap", "newuidmap"]
    _require_tools(["bwrap", *([] if unpacked else building)], progress)
    if not unpacked:
        progress(f"unpacking Debian {SUITE} with Gazebo 11 into {cache_folder() / 'root'} (about 2 minutes, 1.4 GB)")
        _bootstrap(cache_folder() / "root", progress)
    if not (_plugin_folder() / "liblockstep.so").is_file():
        progress("compiling the lock-step plugin")
        _compile(_root(), _plugin_folder())
    progress("Gazebo is ready")
    return find_installation()


def _root() -> Path:
    """Return the system's root if it has Gazebo 11, its headers, g++ and Xvfb; otherwise the private root."""
    needed = ("usr/bin/gzserver", "usr/include/gazebo-11", "usr/bin/Xvfb", "usr/bin/g++")
    if all((SYSTEM / path).exists() for path in needed):
        return SYSTEM
    return cache_folder() / "root"


def _plugin_folder() -> Path:
    """Return the folder of the plugin compiled from the current source for the current root."""
    text = b"".join(path.read_bytes() for path in sorted(PLUGIN_SOURCE.iterdir()))
    digest = hashlib.sha256(text + str(_root()).encode()).hexdigest()[:16]
    return cache_folder() / "plugins" / digest


def _require_tools(tools: list[str], progress: Report) -> None:
    packages = [
        {"bwrap": "bubblewrap", "newuidmap": "uidmap"}.get(tool, tool) for tool in tools if not shutil.which(tool)
    ]
    if not packages:
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise InputError(f"{', '.join(packages)}: not installed; expected root to run: {' '.join(install)}")
    progress(f"installing {', '.join(packages)}")
    _run(["apt-get", "update", "--quiet"], progress)
    _run(install, progress)


def _bootstrap(root: Path, progress: Report) -> None:
    """Create a Debian root with Gazebo and the compiler for the plugin; `root` appears when it is complete."""
    partial = root.with_name("root.partial")
    if partial.exists():
        progress("removing an unfinished root")
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    unpack = " && ".join(
        [
            "cd /tmp",
            f"apt-get download {' '.join(HEADERS_ONLY)}",
            "for package in *.deb; do dpkg -x $package / && rm $package; done",
        ]
    )
    archive = root.with_name("root.tar")
    debootstrap = [
        "mmdebstrap",
        "--variant=apt",
        '--aptopt=Acquire::Check-Valid-Until "false"',
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        f"--include={','.join(PACKAGES)}",
        f"--customize-hook=chroot \"$1\" sh -c '{unpack}'",
        SUITE,
        str(archive),
        *_mirrors(),
    ]
    # The root is unpacked from a tar archive, so that also an ordinary user owns all files and can delete them.
    unpacking = ["tar", "-xf", str(archive), "-C", str(partial), "--exclude=./dev/*", "--no-same-owner"]
    try:
        _run(debootstrap, progress)
        progress("unpacking")
        _run(unpacking, progress)
    finally:
        archive.unlink(missing_ok=True)
    partial.rename(root)


def _mirrors() -> list[str]:
    """Return the Debian mirror of the system's apt as a source line; empty if mmdebstrap shall choose a mirror."""
    if not shutil.which("apt-get"):
        return []
    fields = "$(SITE) $(ORIGIN) $(LABEL) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]
    listing = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    for line in listing.splitlines():
        site, *rest = line.split()
        if rest == ["Debian", "Debian", "main"]:
            return [f"deb {site} {SUITE} main"]
    return []


def _run(command: list[str], progress: Report) -> None:
    """Run a command and report its stages; an error contains the command's last line of output."""
    last = ""
    with subprocess.Popen(
        command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            last = line.strip() or last
            if line.startswith(("I: ", "E: ", "Setting up ")):
                progress(line.strip())
    if process.returncode:
        raise InputError(f"{command[0]}: exit code {process.returncode} ({last}), expected 0")


def _compile(root: Path, folder: Path) -> None:
    """Compile the plugin with the compiler of the root; the library appears when it is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    compiler = sandbox.start(
        root,
        ["sh", "-c", COMPILE],
        folders={"plugin": PLUGIN_SOURCE},
        writable={"build": folder},
        output=subprocess.PIPE,
    )
    text = compiler.communicate(timeout=300)[0].decode(errors="replace")
    if compiler.returncode:
        print(text, file=sys.stderr)
        raise InputError(f"g++ in {root}: exit code {compiler.returncode}, expected 0; see its output above")
