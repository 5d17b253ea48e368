# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A video is playable, whole or absent."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import av
import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.report.video import open_video


def noise(frames: int) -> list[np.ndarray]:
    """Frames that do not compress."""
    random = np.random.default_rng(0)
    return [random.integers(0, 255, (96, 128, 3), dtype=np.uint8) for _ in range(frames)]


def test_frames_come_back_in_order_at_the_rate(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    with open_video(path, 128, 96) as write:
        for level in range(0, 240, 8):
            write(np.full((96, 128, 3), level, np.uint8))
    assert os.listdir(tmp_path) == ["video.mp4"]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.average_rate, stream.frames) == (128, 96, 15, 30)
        levels = [frame.to_ndarray(format="rgb24").mean() for frame in container.decode(video=0)]
    assert levels == pytest.approx(range(0, 240, 8), abs=4.0)


def test_an_index_stands_first_so_that_browsers_start_at_once(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    with open_video(path, 128, 96) as write:
        write(noise(1)[0])
    content = path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_an_error_within_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), open_video(tmp_path / "video.mp4", 128, 96) as write:
        write(noise(1)[0])
        raise KeyError
    assert os.listdir(tmp_path) == []


def test_full_disk_and_missing_folder_are_one_line(
    tmp_path: Path, full_at: Callable[[int], AbstractContextManager[None]]
) -> None:
    def film(path: Path) -> None:
        with open_video(path, 128, 96) as write:
            for frame in noise(60):
                write(frame)

    with full_at(20_000), pytest.raises(InputError, match=r"video\.mp4: cannot be written \(File too large\)"):
        film(tmp_path / "video.mp4")
    assert os.listdir(tmp_path) == []
    with pytest.raises(InputError, match=r"video\.mp4: cannot be written \(No such file or directory\)"):
        film(tmp_path / "absent" / "video.mp4")
