# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Parts of SDF documents, the format of Gazebo's worlds, as XML elements."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from deepracer_ros.race.obstacle import ObstacleShape

GLOW = 0.11
"""Emissive part of the colour of an object on the road.

In the world's light alone, upright faces have 0.6 to 0.68 of their colour. With this emission their mean brightness
equals that of the embedded simulator (0.66 to 0.82), so a policy sees the same object in both.
"""


def document(root: Element) -> str:
    """Return an indented XML document with the given root element."""
    ElementTree.indent(root)
    return '<?xml version="1.0"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def texts(parent: Element, **values: str) -> None:
    """Add a child element with a text to `parent` for each keyword."""
    for tag, text in values.items():
        SubElement(parent, tag).text = text


def numbers(values: Sequence[float]) -> str:
    """Return numbers as SDF text, separated by spaces."""
    return " ".join(f"{value:.6g}" for value in values)


def rgba(colour: tuple[int, int, int], part: float = 1.0) -> str:
    """Return an RGB colour (0 to 255), times `part`, as the text of an opaque SDF colour."""
    return " ".join(f"{part * value / 255.0:.3f}" for value in colour) + " 1"


def static_model(name: str, pose: Sequence[float]) -> tuple[Element, Element]:
    """Return a static model and its only link.

    Args:
        name: Name of the model, unique in its world.
        pose: Pose of the model: x, y, z, m, and roll, pitch, yaw, rad.
    """
    model = Element("model", name=name)
    texts(model, static="true", pose=numbers(pose))
    return model, SubElement(model, "link", name="link")


def race_object(name: str, pose: Sequence[float], shape: ObstacleShape) -> Element:
    """Return the static model of an object on the road: a box that stands on the ground.

    Args:
        name: Name of the model, unique in its world.
        pose: x and y of the object's middle, m, and yaw, the direction of its length, rad.
        shape: Size and colour of the object.
    """
    x, y, yaw = pose
    model, link = static_model(name, [x, y, shape.height / 2.0, 0.0, 0.0, yaw])
    for tag in ("collision", "visual"):
        part = SubElement(link, tag, name=tag)
        box = SubElement(SubElement(part, "geometry"), "box")
        texts(box, size=numbers([shape.length, shape.width, shape.height]))
        if tag == "visual":
            colour, glow = rgba(shape.colour), rgba(shape.colour, GLOW)
            texts(SubElement(part, "material"), ambient=colour, diffuse=colour, specular="0 0 0 1", emissive=glow)
    return model
