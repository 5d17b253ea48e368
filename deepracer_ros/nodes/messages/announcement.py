"""`/model/published`: which model is out, so that an agent need not ask."""

import json

from std_msgs.msg import String

from deepracer_ros.models.policy_file import Manifest
from deepracer_ros.models.store import Pointer


def to_published(manifest: Manifest, seconds: float) -> String:
    """Announce a model that was published at that time (s since the epoch)."""
    content = {"run": manifest.run, "version": manifest.version, "sha256": manifest.sha256, "published": seconds}
    return String(data=json.dumps(content))


def from_published(message: String, run: str) -> Pointer | None:
    """Return the model that is announced; None if it is another run's or the message is malformed."""
    try:
        content = json.loads(message.data)
    except ValueError:
        return None
    if not isinstance(content, dict) or content.get("run") != run:
        return None
    version, sha256 = content.get("version"), content.get("sha256")
    return Pointer(version, sha256) if type(version) is int and isinstance(sha256, str) else None
