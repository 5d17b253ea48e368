# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Models that come into a running world: which are taken, and which could run code or fetch files."""

import re
from xml.etree import ElementTree

from deepracer_ros.errors import InputError

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
"""Pattern of the names of models."""
ROOTS = ("sdf", "robot")
"""Root elements of the descriptions of a model: SDF and URDF."""
LARGEST = 1 << 19
"""Largest description of a model, bytes."""
REFUSED = ("plugin", "include")
"""Elements that load code, or other files."""
OWN_FILES = "model://deepracer_ros/"
"""Beginning of the names of the files that a model may use: those of the package."""


def check_model(name: str, xml: str) -> None:
    """Check a model before it is sent to a server.

    Args:
        name: Name that the model shall have in the world.
        xml: SDF or URDF of the model.

    Raises:
        InputError: if the name has other than letters, digits, `_`, `.` and `-`, or the description is not XML, is no
            model, is too large, has entities, plugins or includes, or refers to files that are not the package's.
    """
    where = f"model {name[:40]!r}"
    if not NAME.fullmatch(name):
        raise InputError(f"{where}: expected a name of letters, digits, _, . and -, at most 100")
    if len(xml.encode()) > LARGEST:
        raise InputError(f"{where}: found {len(xml.encode())} bytes, expected at most {LARGEST}")
    if "<!" in re.sub(r"<!--.*?-->", "", xml, flags=re.DOTALL):
        raise InputError(f"{where}: found a document type, expected XML without entities")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise InputError(f"{where}: is not XML ({error}), expected SDF or URDF") from error
    if root.tag not in ROOTS or (root.tag == "sdf" and len(root.findall("model")) != 1):
        raise InputError(f"{where}: found <{root.tag[:40]}>, expected <sdf> with one <model>, or <robot>")
    for element in root.iter():
        if element.tag in REFUSED:
            raise InputError(f"{where}: found <{element.tag}>, expected none: a model is data")
        uri = element.text if element.tag == "uri" else element.get("filename")
        if uri and not uri.strip().startswith(OWN_FILES):
            raise InputError(f"{where}: found the file {uri.strip()[:80]!r}, expected {OWN_FILES}...")
