# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The transport of the nodes: Fast DDS with a shared-memory segment that holds many images."""

import os

from deepracer_ros.share import share_directory

PROFILES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""Environment variables with the path of Fast DDS' profiles, up to Jazzy and since Kilted."""


def use_large_segments() -> None:
    """Let this process, and those that it starts, send through large segments, unless the user has chosen profiles.

    It must be called before the first node is made. A receiver that is killed while it reads a message never returns
    that part of the sender's segment. In one of Fast DDS' default size, 512 KiB, there is then soon no room for an
    image, and no receiver gets one again, however often it is started anew.
    """
    if not any(map(os.environ.get, PROFILES)):
        os.environ.update(dict.fromkeys(PROFILES, str(share_directory() / "config" / "fastdds.xml")))
