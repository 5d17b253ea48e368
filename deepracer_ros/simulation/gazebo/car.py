# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The car for Gazebo: its URDF, and the SDF model that Gazebo's own converter makes from it."""

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from deepracer_ros.errors import InputError
from deepracer_ros.files import write_atomically
from deepracer_ros.race.vehicle import Vehicle, expand_urdf
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.gazebo import sandbox
from deepracer_ros.simulation.gazebo.cache import only_writer
from deepracer_ros.simulation.gazebo.installation import Installation

CONVERSION_TIMEOUT = 15.0
"""Time limit of an attempt to convert, s; a conversion takes about 1 s, and one in some hundred hangs."""
ATTEMPTS = 3
"""Number of attempts to convert."""


@dataclass(frozen=True, eq=False)
class Car:
    """A car as URDF and as SDF model.

    Attributes:
        vehicle: Geometry, masses and limits of the car.
        urdf: Root element of the expanded URDF.
        sdf: The <model> element that `gz sdf` makes from the URDF.
    """

    vehicle: Vehicle
    urdf: ET.Element
    sdf: ET.Element

    def limit(self, joint: str) -> ET.Element:
        """Return the <limit> of a joint in the URDF; the conversion to SDF drops it for continuous joints.

        Args:
            joint: Name of the joint.

        Raises:
            InputError: if the joint has no <limit>.
        """
        limit = self.urdf.find(f"joint[@name='{joint}']/limit")
        if limit is None:
            raise InputError(f"URDF: joint {joint!r} has no <limit>, expected its effort and velocity")
        return limit


def make_car(camera: CameraConfig, vehicle: Vehicle, installation: Installation) -> Car:
    """Expand the package's URDF with a camera's size and convert it to SDF.

    Args:
        camera: Size of the camera image.
        vehicle: Geometry, masses and limits of the car, part of the result.
        installation: The Gazebo that converts.

    Raises:
        InputError: if the URDF cannot be expanded or converted.
    """
    urdf = expand_urdf(simulator="classic", camera_width=str(camera.width), camera_height=str(camera.height))
    return Car(vehicle, ET.fromstring(urdf), _convert(urdf, installation))


def _convert(urdf: str, installation: Installation) -> ET.Element:
    """Return the SDF model of a URDF; a conversion is cached."""
    kept = installation.cache / "models" / f"{hashlib.sha256(urdf.encode()).hexdigest()[:16]}.sdf"
    if not kept.is_file():
        with only_writer(kept.parent):
            if not kept.is_file():
                write_atomically(kept, _run_converter(urdf, installation.root))
    model = ET.parse(kept).find("model")
    if model is None:
        raise InputError(f"{kept}: found no <model>, expected the SDF that `gz sdf -p` makes from the URDF")
    return model


def _run_converter(urdf: str, root: Path, attempt: int = 1) -> bytes:
    converter = sandbox.start(
        root,
        ["gz", "sdf", "-p", f"{sandbox.DATA}/car.urdf"],
        files={"car.urdf": urdf},
        output=subprocess.PIPE,
        errors=subprocess.PIPE,
    )
    try:
        output, errors = converter.communicate(timeout=CONVERSION_TIMEOUT)
    except subprocess.TimeoutExpired as error:
        converter.kill()
        converter.communicate()
        if attempt < ATTEMPTS:
            return _run_converter(urdf, root, attempt + 1)
        raise InputError(
            f"URDF: `gz sdf -p` took more than {CONVERSION_TIMEOUT:.0f} s, {ATTEMPTS} times, expected about 1 s"
        ) from error
    if converter.returncode or b"</sdf>" not in output:
        raise InputError(f"URDF: `gz sdf -p` rejected it: {' '.join(errors.decode(errors='replace').split())}")
    return output
