"""The client's end of the plugin's protocol; plugin/wire.hh is the other end and says what each message means."""

import socket
import struct

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError

MAGIC = 0x5A475244
VERSION = 1
HELLO, RESET, STEP, ERROR = 1, 2, 3, 255

HEADER = struct.Struct("<IHHII")
GREETING = struct.Struct("<IIIId")
TIME = struct.Struct("<d")

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
    """The Gazebo behind a simulator is gone; a new simulator can be made in its place."""


class Connection:
    """One client's connection to a lock-step world of `cars` cars.

    `states` (N,) of `CAR_STATE`, `images` (N, height, width, 3) uint8 and `time` (s of simulation) are
    those of the last answer and overwritten by the next.
    """

    def __init__(self, stream: socket.socket, cars: int) -> None:
        """Take over a connected socket, whose timeout bounds every wait, and send the greeting."""
        self._stream = stream
        self._cars = cars
        self.time = 0.0
        self.states = np.zeros(cars, CAR_STATE)
        self.images = np.zeros((cars, 0, 0, 3), np.uint8)
        self._send(HELLO, b"")

    def receive_greeting(self) -> tuple[int, int, int]:
        """Return the shape (height, width, 3) of every car's image; nothing else may be asked before."""
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
        """Ask for the masked cars to be at rest on `poses` (N, 3)."""
        commands = np.zeros(self._cars, RESET_COMMAND)
        commands["moved"] = mask
        commands["pose"][mask] = poses[mask]
        self._send(RESET, commands.tobytes())

    def send_step(self, commands: NDArray[np.float64]) -> None:
        """Ask for one control period under `commands` (N, 4) of `ackermann.axle_commands`."""
        self._send(STEP, np.ascontiguousarray(commands, "<f8").tobytes())

    def receive_answer(self) -> None:
        """Wait for the answer to the last request and fill `time`, `states` and `images` from it."""
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
            raise GazeboStoppedError(f"Gazebo: took no request for {self._stream.gettimeout():.0f} s") from error
        except OSError as error:
            raise GazeboStoppedError("Gazebo: the server has ended") from error

    def _receive_header(self, kind: int, length: int) -> None:
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
            raise InputError(f"Gazebo's plugin refused the request: {words.decode(errors='replace')}")
        if (found_kind, cars, found_length) != (kind, self._cars, length):
            raise InputError(
                f"Gazebo: found an answer of kind {found_kind} for {cars} cars in {found_length} bytes, "
                f"expected kind {kind} for {self._cars} cars in {length} bytes"
            )

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
