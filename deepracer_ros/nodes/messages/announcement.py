# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The messages on `model/published`, which announce new models to the agents."""

import json

from std_msgs.msg import String

from deepracer_ros.models.pointer import Pointer
from deepracer_ros.models.policy_file import Manifest

LAST_VERSION = 99_999_999
"""The greatest version that the store's names have room for."""


def to_published(manifest: Manifest, seconds: float) -> String:
    """Return the announcement of a published model.

    Args:
        manifest: Manifest of the model.
        seconds: Time of the publication, s since 1970.
    """
    content = {"run": manifest.run, "version": manifest.version, "sha256": manifest.sha256, "published": seconds}
    return String(data=json.dumps(content))


def from_published(message: String, run: str) -> Pointer | None:
    """Return the announced model; None if it belongs to another run or the message is malformed.

    Args:
        message: A message on `model/published`.
        run: Name of the run whose models are wanted.
    """
    try:
        content = json.loads(message.data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("run") != run:
        return None
    version, sha256 = content.get("version"), content.get("sha256")
    if type(version) is not int or not 0 < version <= LAST_VERSION or not isinstance(sha256, str):
        return None
    return Pointer(version, sha256)
