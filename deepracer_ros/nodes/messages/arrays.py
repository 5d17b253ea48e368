"""Between arrays and ROS messages; nothing else happens here."""

import array
import math

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import Image, JointState, PointCloud2, PointField

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.messages.other_encodings import to_rgb
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.referee import Verdict
from deepracer_ros.simulation.simulator import CarStates

STATE = np.dtype(
    [
        *((name, "<f4") for name in ("x", "y", "z", "yaw", "speed", "lateral_speed", "yaw_rate", "steering")),
        *((name, "<f4") for name in ("reward", "progress", "lap_seconds", "station", "offset", "heading_error")),
        *((name, "<u4") for name in ("episode", "step", "lap", "track")),
        *((name, "u1") for name in ("status", "terminated", "truncated", "all_wheels_on_track")),
    ]
)
"""One car in `race/state`: fields of `CarStates` and `Verdict`, and the index of its track."""

_POINT_TYPES = {"f4": PointField.FLOAT32, "u4": PointField.UINT32, "u1": PointField.UINT8}
_STATE_FIELDS = [
    PointField(name=name, offset=int(offset), datatype=_POINT_TYPES[dtype.str[1:]], count=1)
    for name, (dtype, offset, *_) in STATE.fields.items()  # type: ignore[union-attr]
]


def to_stamp(step: int) -> Time:
    """Return the simulation time of a control step."""
    seconds, nanoseconds = divmod(round(step * CONTROL_PERIOD * 1e9), 1_000_000_000)
    return Time(sec=seconds, nanosec=nanoseconds)


def to_nanoseconds(stamp: Time) -> int:
    """Return a stamp as a whole number."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def to_image(frames: NDArray[np.uint8], stamp: Time) -> Image:
    """Stack frames (N, H, W) or (N, H, W, 3) top to bottom."""
    count, height, width = frames.shape[:3]
    channels = 3 if frames.ndim == 4 else 1
    message = Image(height=count * height, width=width, encoding="rgb8" if channels == 3 else "mono8")
    message.step = width * channels
    message.header.stamp = stamp
    message.header.frame_id = "camera_optical"
    message.data = array.array("B", frames.tobytes())
    return message


def from_image(message: Image, frame_height: int) -> NDArray[np.uint8]:
    """Return the frames (N, H, W) or (N, H, W, 3) of an image without copying; BGR is turned into RGB.

    Args:
        message: N frames of `frame_height` rows; an image of another height is taken as one frame.
        frame_height: Rows of one camera.

    Raises:
        InputError: if the encoding is not mono8, rgb8 or bgr8 (nor one of cv_bridge, where that is installed), or
            sizes and data do not agree.
    """
    channels = {"mono8": 1, "rgb8": 3, "bgr8": 3}.get(message.encoding)
    if channels is None:
        return to_rgb(message)[None]
    if message.step != message.width * channels or len(message.data) != message.height * message.step:
        raise InputError(
            f"image: found {len(message.data)} bytes in rows of {message.step}, "
            f"expected {message.height} rows of {message.width * channels}"
        )
    pixels = np.frombuffer(message.data, np.uint8)
    count, rest = divmod(message.height, frame_height)
    if rest or count == 0:
        count, frame_height = 1, message.height
    if channels == 1:
        return pixels.reshape(count, frame_height, message.width)
    frames = pixels.reshape(count, frame_height, message.width, 3)
    return frames[..., ::-1] if message.encoding == "bgr8" else frames


def to_drive(
    steering: NDArray[np.float64], speed: NDArray[np.float64], log_probability: NDArray[np.float32],
    names: list[str], model: str, stamp: Time,
) -> JointState:  # fmt: skip
    """Return the answer to the frame of `stamp`."""
    message = JointState(name=names)
    message.header.stamp = stamp
    message.header.frame_id = model
    message.position = array.array("d", np.asarray(steering, np.float64).tobytes())
    message.velocity = array.array("d", np.asarray(speed, np.float64).tobytes())
    message.effort = array.array("d", log_probability.astype(np.float64).tobytes())
    return message


def from_drive(
    message: JointState, cars: int, steering_limit: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return steering (rad), speed (m/s) and log-probability, each (N,), of a drive message.

    Raises:
        InputError: if it is not for `cars` cars, not finite, or beyond what the car can do.
    """
    arrays = tuple(np.frombuffer(a, np.float64) for a in (message.position, message.velocity, message.effort))
    if any(len(a) != cars for a in arrays):
        raise InputError(f"drive: found {[len(a) for a in arrays]} numbers, expected {cars} of each")
    steering, speed, log_probability = arrays
    if not (np.isfinite(steering).all() and np.isfinite(speed).all() and np.isfinite(log_probability).all()):
        raise InputError("drive: found NaN or infinity, expected finite commands")
    if np.abs(steering).max() > steering_limit + 1e-6 or speed.min() < -4.0 or speed.max() > 4.0:
        raise InputError(
            f"drive: found steering up to {math.degrees(np.abs(steering).max()):.1f} degrees and speeds "
            f"{speed.min():.2f} to {speed.max():.2f} m/s, expected at most {math.degrees(steering_limit):.1f} and 4"
        )
    return steering, speed, log_probability


def to_state(states: CarStates, verdict: Verdict, track: NDArray[np.int64], stamp: Time) -> PointCloud2:
    """Return the table of all cars."""
    table = np.zeros(len(states.x), STATE)
    for name in ("x", "y", "yaw", "speed", "lateral_speed", "yaw_rate", "steering"):
        table[name] = getattr(states, name)
    for name in (
        "reward", "progress", "lap_seconds", "station", "offset", "heading_error", "episode", "step", "lap",
        "status", "terminated", "truncated", "all_wheels_on_track",
    ):  # fmt: skip
        table[name] = getattr(verdict, name)
    table["track"] = track
    message = PointCloud2(height=1, width=len(table), fields=_STATE_FIELDS, point_step=STATE.itemsize, is_dense=True)
    message.row_step = table.nbytes
    message.header.stamp = stamp
    message.header.frame_id = "map"
    message.data = array.array("B", table.tobytes())
    return message


def from_state(message: PointCloud2) -> NDArray[np.void]:
    """Return the table of all cars as a structured array of `STATE`, without copying.

    Raises:
        InputError: if it is laid out otherwise.
    """
    if message.point_step != STATE.itemsize or len(message.data) != message.width * STATE.itemsize:
        raise InputError(
            f"race/state: found {len(message.data)} bytes of {message.point_step} each, "
            f"expected {message.width} of {STATE.itemsize}: run one release of this package everywhere"
        )
    return np.frombuffer(message.data, STATE)
