# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Writing of H.264 videos in MP4 files, frame by frame."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.files import replacing
from deepracer_ros.race.control import CONTROL_RATE

ENCODER = {"preset": "veryfast", "crf": "21", "threads": "1"}
"""Options of x264, with which a frame of 960x540 takes 2 ms, and a second about 100 kB."""

Write = Callable[[NDArray[np.uint8]], None]


@contextmanager
def open_video(path: Path, width: int, height: int, frames_per_second: int = CONTROL_RATE) -> Iterator[Write]:
    """Yield a function that appends an RGB frame (height, width, 3) to an MP4.

    Frames are encoded as they arrive, so memory does not grow with the length of the video. The file appears at the end
    of the block, and not at all after an exception.

    Args:
        path: The MP4 file.
        width: Width of a frame, pixels, an even number.
        height: Height of a frame, pixels, an even number.
        frames_per_second: Frame rate; by default real time with one frame per control period.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    import av  # takes a quarter of a second, which only videos need

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
