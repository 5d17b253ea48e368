# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The video of an evaluation: the camera and gauges of one car, and all cars from above."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import degrees
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deepracer_ros.race.control import CONTROL_PERIOD, CONTROL_RATE
from deepracer_ros.race.obstacle import ObstacleShape
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.report.film import Take
from deepracer_ros.report.overhead import OverheadView
from deepracer_ros.report.style import rgb, top_speed
from deepracer_ros.report.video import open_video
from deepracer_ros.simulation.attempts import Attempt

Picture = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Rectangle in a frame: x, y, width, height, pixels."""

WIDTH, HEIGHT = 960, 540
CAMERA: Box = (20, 60, 512, 384)
OVERHEAD: Box = (548, 60, 392, 384)
CELLS = tuple((20 + 235 * i, 464, 215, 58) for i in range(4))
LONGEST_SECONDS = 60.0
"""Longest part of the chosen attempt that is shown, s; a very slow drive is cut off."""
OTHERS_SECONDS = 4.0
"""Longest time for which the other cars are shown after the chosen attempt has ended, s."""
LAST_SECONDS = 1.5
"""Time for which the final result is shown, s."""
SCALE_OF_STEERING = 30.0
"""Steering angle at either end of the steering gauge, degrees."""

PAGE, PANEL, TRACK_OF_BAR = rgb("#0d1117"), rgb("#161b22"), rgb("#2d333b")
TEXT, FAINT, CAR, OTHER = rgb("#f0f6fc"), rgb("#8b949e"), rgb("#ffffff"), rgb("#6e7f96")
GOOD, BAD, STEERING = rgb("#3fb950"), rgb("#f85149"), rgb("#58a6ff")


def write_drive_video(
    path: Path,
    track: Track,
    attempts: Sequence[Attempt],
    takes: Sequence[Take],
    model: str,
    shape: ObstacleShape | None = None,
) -> None:
    """Write the attempts on one track as an MP4 in real time, with the camera of the best filmed car.

    Args:
        path: The MP4 file.
        track: The track that was driven.
        attempts: Attempts on this track.
        takes: Recording of each attempt; at least one has pictures.
        model: Name of the policy, shown in the video.
        shape: Size and colour of the objects on the road; None draws no objects.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    scene = _Scene(track, attempts, takes, model)
    if shape is not None:
        scene.draw_objects(shape)
    with open_video(path, WIDTH, HEIGHT) as write:
        for step in range(scene.steps):
            write(scene.draw(step))
        result = scene.draw(scene.longest - 1)  # shows the end of every attempt, also of one that was cut off
        for _ in range(round(LAST_SECONDS * CONTROL_RATE)):
            write(result)


def choose(attempts: Sequence[Attempt], takes: Sequence[Take]) -> int:
    """Return the index of the best filmed attempt: the fastest lap, or the greatest progress if there is no lap.

    Args:
        attempts: Attempts of an evaluation.
        takes: Recording of each attempt; at least one has pictures.
    """
    filmed = [index for index, take in enumerate(takes) if take.pictures]

    def merit(index: int) -> tuple[float, float]:
        attempt = attempts[index]
        return attempt.progress, -(attempt.lap_seconds or 0.0)

    return max(filmed, key=merit)


@dataclass(frozen=True)
class _Label:
    """Text that is drawn on a frame."""

    x: int
    baseline: int
    words: str
    size: int
    colour: tuple[int, int, int]
    anchor: str = "ls"


class _Scene:
    """Composes the frames of the video, which must be drawn in order because the driven line grows."""

    def __init__(self, track: Track, attempts: Sequence[Attempt], takes: Sequence[Take], model: str) -> None:
        self._attempts, self._takes = attempts, takes
        self._chosen = choose(attempts, takes)
        fastest = max(moment.speed for take in takes for moment in take.moments)
        self._top_speed = top_speed(fastest)
        self._overhead = OverheadView(track, *OVERHEAD[2:], PANEL, self._top_speed)
        self.longest = max(len(take.moments) for take in takes)
        mine = min(len(self._take.moments), round(LONGEST_SECONDS * CONTROL_RATE))
        self.steps = min(self.longest, mine + round(OTHERS_SECONDS * CONTROL_RATE))
        self._page = self._draw_page(track.name, model)

    def draw_objects(self, shape: ObstacleShape) -> None:
        """Draw the objects on the road of the chosen car."""
        self._overhead.draw_objects(self._attempts[self._chosen].objects, shape)

    @property
    def _take(self) -> Take:
        return self._takes[self._chosen]

    def _draw_page(self, track: str, model: str) -> Picture:
        """Return the parts that are the same in every frame."""
        page: Picture = np.full((HEIGHT, WIDTH, 3), PAGE, dtype=np.uint8)
        _view(page, CAMERA)[:] = PANEL
        names = ("SPEED", "STEERING", "PROGRESS", "LAP TIME")
        labels = [_Label(x, y + 10, name, 12, FAINT) for (x, y, _, _), name in zip(CELLS, names, strict=True)]
        labels.append(_Label(20, 40, track, 24, TEXT))
        labels.append(_Label(WIDTH - 20, 40, model, 15, FAINT, "rs"))
        return _write(page, labels)

    def draw(self, step: int) -> Picture:
        """Return frame `step` of the evaluation, RGB (HEIGHT, WIDTH, 3)."""
        moments = self._take.moments
        last = len(moments) - 1
        mine = min(step, last)
        if 0 < step <= last:
            self._overhead.trace(moments[step - 1], moments[step])
        page = self._page.copy()
        self._draw_camera(page, self._take.frame(mine))
        self._draw_cars(_view(page, OVERHEAD), step)
        labels = self._draw_gauges(page, mine) + self._draw_attempts(page, step)
        if step >= last:
            labels += _draw_banner(page, self._attempts[self._chosen])
        return _write(page, labels)

    def _draw_camera(self, page: Picture, seen: Picture) -> None:
        """Scale the camera's frame to its panel and keep the aspect ratio."""
        x, y, width, height = CAMERA
        scale = min(width / seen.shape[1], height / seen.shape[0])
        shown_width, shown_height = round(seen.shape[1] * scale), round(seen.shape[0] * scale)
        left, top = x + (width - shown_width) // 2, y + (height - shown_height) // 2
        shown = _view(page, (left, top, shown_width, shown_height))
        shown[:] = cv2.resize(seen, (shown_width, shown_height), interpolation=cv2.INTER_LINEAR)

    def _draw_cars(self, panel: Picture, step: int) -> None:
        """Draw the road, the line driven so far and all cars, the chosen one on top."""
        panel[:] = self._overhead.picture
        order = sorted(range(len(self._takes)), key=lambda index: index == self._chosen)
        for index in order:
            moments = self._takes[index].moments
            colour = CAR if index == self._chosen else self._colour(index, step, OTHER)
            self._overhead.draw_car(panel, moments[min(step, len(moments) - 1)], colour)

    def _colour(self, index: int, step: int, running: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the colour for the state of an attempt at a step: running, complete or failed."""
        if step < len(self._takes[index].moments) - 1:
            return running
        return GOOD if self._attempts[index].completed else BAD

    def _draw_gauges(self, page: Picture, step: int) -> list[_Label]:
        """Draw the gauges of the chosen car and return their labels."""
        now = self._take.moments[step]
        steering = degrees(now.steering)
        side = "left" if steering > 0.0 else "right"
        words = (
            f"{now.speed:.1f} m/s",
            f"{abs(steering):.0f}\u00b0 {side}" if abs(steering) >= 0.5 else "0\u00b0",
            f"{now.progress:.0f} %",
            f"{self._seconds(step):.2f} s",
        )
        _bar(page, CELLS[0], 0.0, now.speed / self._top_speed, self._overhead.speed_colour(now.speed))
        _bar(page, CELLS[1], 0.5, 0.5 - 0.5 * steering / SCALE_OF_STEERING, STEERING)
        _bar(page, CELLS[2], 0.0, now.progress / 100.0, GOOD)
        return [_Label(x, y + 39, value, 26, TEXT) for (x, y, _, _), value in zip(CELLS, words, strict=True)]

    def _seconds(self, step: int) -> float:
        """Return the time since the start of the lap, or the lap time after its end, s."""
        attempt = self._attempts[self._chosen]
        if step == len(self._take.moments) - 1 and attempt.lap_seconds is not None:
            return attempt.lap_seconds
        return step * CONTROL_PERIOD

    def _draw_attempts(self, page: Picture, step: int) -> list[_Label]:
        """Draw one mark per attempt (running, complete, failed) and return a label with the number of complete laps."""
        x, y, width, height = CELLS[3]
        colours = [self._colour(index, step, TRACK_OF_BAR) for index in range(len(self._attempts))]
        pitch = min(width / len(colours), 22.0)
        for index, colour in enumerate(colours):
            left, right = round(x + index * pitch), round(x + (index + 0.8) * pitch)
            page[y + height - 6 : y + height, left:right] = colour
        words = f"{colours.count(GOOD)} of {len(colours)} laps"
        return [_Label(x + width, y + 10, words, 12, FAINT, "rs")]


def _draw_banner(page: Picture, attempt: Attempt) -> list[_Label]:
    """Darken the lower part of the camera's panel and return labels with the end of the attempt."""
    x, y, width, height = CAMERA
    foot = _view(page, (x, y + height - 64, width, 64))
    foot[:] = foot // 4
    colour = GOOD if attempt.completed else BAD
    foot[:, :5] = colour
    words = attempt.status.name.replace("_", " ")
    if attempt.status in (Status.PREPARE, Status.IN_PROGRESS):
        words = "STOPPED"
    value = f"{attempt.lap_seconds:.2f} s" if attempt.lap_seconds is not None else f"{attempt.progress:.0f} %"
    baseline = y + height - 23
    return [_Label(x + 24, baseline, words, 26, colour), _Label(x + width - 20, baseline, value, 26, TEXT, "rs")]


def _bar(page: Picture, cell: Box, start: float, end: float, colour: tuple[int, int, int]) -> None:
    """Fill the bar in the lower part of a cell between two fractions of its width, 0 to 1."""
    x, y, width, height = cell
    foot = _view(page, (x, y + height - 6, width, 6))
    foot[:] = TRACK_OF_BAR
    low, high = sorted(round(width * min(max(part, 0.0), 1.0)) for part in (start, end))
    foot[:, low : max(high, low + 2)] = colour


def _view(page: Picture, box: Box) -> Picture:
    x, y, width, height = box
    return page[y : y + height, x : x + width]


def _write(page: Picture, labels: Sequence[_Label]) -> Picture:
    """Return a frame with labels drawn on it."""
    image = Image.fromarray(page)
    draw = ImageDraw.Draw(image)
    for label in labels:
        place = (label.x, label.baseline)
        draw.text(place, label.words, fill=label.colour, font=_font(label.size), anchor=label.anchor)
    return np.asarray(image)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that Pillow ships (Aileron), which is the same on every machine."""
    return ImageFont.load_default(size)
