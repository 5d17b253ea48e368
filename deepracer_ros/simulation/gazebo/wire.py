# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Client of the lock-step plugin's protocol, whose messages are defined in plugin/wire.hh."""

import socket
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError

MAGIC = 0x5A475244
VERSION = 2
HELLO, RESET, STEP, SPAWN, DELETE, ERROR = 1, 2, 3, 4, 5, 255

HEADER = struct.Struct("<IHHII")
GREETING = struct.Struct("<IIIId")
TIME = struct.Struct("<d")
PLACEMENT = struct.Struct("<6d")

RESET_COMMAND = np.dtype([("moved", "<f8"), ("pose", "<f8", 3)])
STEP_COMMAND = np.dtype([("axles", "<f8", 2), ("hinges", "<f8", 2)])
CAR_STATE = np.dtype(
    [
        ("position", "<f8", 3),
        ("angles", "<f8", 3),
        ("velocity", "<f8", 3),
        ("yaw_rate", "<f8"),
        ("hinges", "<f8", 2),
    ]
)

LONGEST_ERROR = 4096
MOST_PIXELS = 1 << 24


class GazeboStoppedError(InputError):
    """A gzserver has ended or does not answer; the simulator must be closed and created anew."""


class Connection:
    """A client's connection to the lock-step plugin of a world with N cars; each answer overwrites its attributes.

    Attributes:
        time: Simulation time of the last answer, s.
        states: (N,) states of the cars in the last answer, of dtype `CAR_STATE`.
        images: (N, height, width, 3) uint8 RGB images of the last answer.
    """

    def __init__(self, stream: socket.socket, cars: int) -> None:
        """Send the greeting over a connected socket.

        Args:
            stream: The socket; its timeout limits every wait.
            cars: Number of cars in the world.

        Raises:
            GazeboStoppedError: if the server has ended or takes no request.
        """
        self._stream = stream
        self._cars = cars
        self.time = 0.0
        self.states = np.zeros(cars, CAR_STATE)
        self.images = np.zeros((cars, 0, 0, 3), np.uint8)
        self._send(HELLO, b"")

    def receive_greeting(self) -> tuple[int, int, int]:
        """Wait for the plugin's greeting and return the shape (height, width, 3) of every car's image.

        It must be called once, before the first request.

        Raises:
            GazeboStoppedError: if the server has ended or does not answer.
            InputError: if the plugin has another version or other images, or reports an error.
        """
        self._receive_header(HELLO, GREETING.size)
        body = bytearray(GREETING.size)
        self._receive_into(memoryview(body))
        width, height, channels, _iterations, _period = GREETING.unpack(body)
        if channels != 3 or not 0 < width * height <= MOST_PIXELS:
            raise InputError(
                f"Gazebo: found images of {width} x {height} x {channels}, expected RGB of the camera's size"
            )
        self.images = np.zeros((self._cars, height, width, channels), np.uint8)
        return height, width, channels

    def send_reset(self, mask: NDArray[np.bool_], poses: NDArray[np.float64]) -> None:
        """Request that the masked cars are put at rest on new poses.

        Args:
            mask: (N,) True for the cars that are moved.
            poses: (N, 3) x and y, m, and yaw, rad.

        Raises:
            GazeboStoppedError: if the server has ended or takes no request.
        """
        commands = np.zeros(self._cars, RESET_COMMAND)
        commands["moved"] = mask
        commands["pose"][mask] = poses[mask]
        self._send(RESET, commands.tobytes())

    def send_step(self, commands: NDArray[np.float64]) -> None:
        """Request one control period.

        Args:
            commands: (N, 4) speeds of the axles' wheels, rad/s, and angles of the hinges, rad, of
                `ackermann.axle_commands`.

        Raises:
            GazeboStoppedError: if the server has ended or takes no request.
        """
        self._send(STEP, np.ascontiguousarray(commands, "<f8").tobytes())

    def spawn(self, name: str, model: str, pose: Sequence[float]) -> None:
        """Add a model to the world, which has it within the next control periods.

        Args:
            name: Name of the model in the world.
            model: SDF or URDF of the model.
            pose: x, y and z, m, and roll, pitch and yaw, rad, of the model in the world.

        Raises:
            GazeboStoppedError: if the server has ended or does not answer.
            InputError: if the world has such a name, or the model cannot be read.
        """
        self._send(SPAWN, PLACEMENT.pack(*pose) + f"{name}\n{model}".encode())
        self._receive_verdict()

    def delete(self, name: str) -> None:
        """Remove a model from the world, which loses it within the next control periods.

        Raises:
            GazeboStoppedError: if the server has ended or does not answer.
            InputError: if the world has no model of that name.
        """
        self._send(DELETE, name.encode())
        self._receive_verdict()

    def _receive_verdict(self) -> None:
        words = bytearray(min(self._receive_length(self._asked), LONGEST_ERROR))
        self._receive_into(memoryview(words))
        if words:
            raise InputError(f"Gazebo: {words.decode(errors='replace')}")

    def receive_answer(self) -> None:
        """Wait for the answer to the last request and read `time`, `states` and `images` from it.

        Raises:
            GazeboStoppedError: if the server has ended or does not answer.
            InputError: if the plugin reports an error or answers another request.
        """
        self._receive_header(self._asked, TIME.size + self.states.nbytes + self.images.nbytes)
        time = bytearray(TIME.size)
        for view in (memoryview(time), self.states.view(np.uint8).data, self.images.reshape(-1).data):
            self._receive_into(view)
        (self.time,) = TIME.unpack(time)

    def _send(self, kind: int, payload: bytes) -> None:
        self._asked = kind
        try:
            self._stream.sendall(HEADER.pack(MAGIC, VERSION, kind, self._cars, len(payload)) + payload)
        except TimeoutError as error:
            raise GazeboStoppedError(f"Gazebo: accepted no request for {self._stream.gettimeout():.0f} s") from error
        except OSError as error:
            raise GazeboStoppedError("Gazebo: the server has ended") from error

    def _receive_header(self, kind: int, length: int) -> None:
        found = self._receive_length(kind)
        if found != length:
            raise InputError(f"Gazebo: found an answer of {found} bytes, expected {length} for {self._cars} cars")

    def _receive_length(self, kind: int) -> int:
        """Wait for the header of an answer of a kind, and return the length of its payload, bytes."""
        header = bytearray(HEADER.size)
        self._receive_into(memoryview(header))
        magic, version, found_kind, cars, found_length = HEADER.unpack(header)
        if magic != MAGIC or version != VERSION:
            raise InputError(
                f"Gazebo: found a plugin of version {version} (magic {magic:#x}), expected version {VERSION}; "
                "run `deepracer gazebo prepare`"
            )
        if found_kind == ERROR:
            words = bytearray(min(found_length, LONGEST_ERROR))
            self._receive_into(memoryview(words))
            raise InputError(f"Gazebo: the plugin rejected the request: {words.decode(errors='replace')}")
        if (found_kind, cars) != (kind, self._cars):
            raise InputError(
                f"Gazebo: found an answer of kind {found_kind} for {cars} cars in {found_length} bytes, "
                f"expected kind {kind} for {self._cars} cars"
            )
        return int(found_length)

    def _receive_into(self, view: memoryview) -> None:
        try:
            while len(view):
                count = self._stream.recv_into(view)
                if not count:
                    raise GazeboStoppedError("Gazebo: the server has ended")
                view = view[count:]
        except TimeoutError as error:
            raise GazeboStoppedError(f"Gazebo: no answer for {self._stream.gettimeout():.0f} s") from error
        except ConnectionError as error:
            raise GazeboStoppedError("Gazebo: the server has ended") from error
