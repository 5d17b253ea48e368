"""H.264 video files that every player and browser shows, written frame by frame."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.files import replacing
from deepracer_ros.race.control import CONTROL_RATE

ENCODER = {"preset": "veryfast", "crf": "21", "threads": "1"}
"""Of x264: 960x540 at 2 ms a frame, about 100 kB/s."""

Write = Callable[[NDArray[np.uint8]], None]


@contextmanager
def open_video(path: Path, width: int, height: int, frames_per_second: int = CONTROL_RATE) -> Iterator[Write]:
    """Yield a function that appends an RGB frame (height, width, 3) to an MP4.

    Frames are encoded as they come, so a video takes no more memory the longer it is. The file
    appears when the block ends well, and not at all otherwise.

    Args:
        path: The MP4 file.
        width: Even, pixels.
        height: Even, pixels.
        frames_per_second: Of the video; by default real time, one frame per control period.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    import av  # a quarter of a second that only a video should cost

    try:
        with (
            replacing(path) as temporary,
            av.open(str(temporary), "w", format="mp4", options={"movflags": "faststart"}) as container,
        ):
            stream = container.add_stream("libx264", rate=frames_per_second, options=ENCODER)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"

            def write(frame: NDArray[np.uint8]) -> None:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))

            yield write
            container.mux(stream.encode(None))
    except av.error.FFmpegError as error:
        reason = f"{path}: cannot be written ({error.strerror}); expected a writable folder with free space"
        raise InputError(reason) from error
