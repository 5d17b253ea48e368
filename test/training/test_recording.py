# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Steps come in any order of their parts; segments overlap by one frame; nothing is mixed up."""

import numpy as np

from deepracer_ros.race.status import Status
from deepracer_ros.simulation.sensors import CAMERA, SensorSpec
from deepracer_ros.training.recording import SegmentCutter, Step

CARS, STEPS = 2, 3
SENSORS = {CAMERA: SensorSpec((2, 2), "|u1", "levels"), "state": SensorSpec((2,), "<f4", "each its own")}
STATE = np.dtype(
    [
        ("reward", "f4"),
        ("progress", "f4"),
        ("track", "u4"),
        ("status", "u1"),
        ("terminated", "u1"),
        ("truncated", "u1"),
        ("term_speed", "f4"),
    ]
)


def frames(number: int) -> np.ndarray:
    return np.full((CARS, 2, 2), number, np.uint8)


def state(number: int, ended: bool = False, prepare: bool = False) -> np.ndarray:
    table = np.zeros(CARS, STATE)
    table["reward"], table["progress"], table["track"] = number, number + 0.5, [0, 1]
    table["term_speed"] = 2 * number
    table["status"] = Status.PREPARE if prepare else Status.IN_PROGRESS
    table["terminated"] = ended
    return table


def command(number: int, version: int = 4) -> tuple:
    return np.full(CARS, number * 0.01), np.full(CARS, 1.0 + number), np.full(CARS, -0.1 * number), version


def put(step: Step, frames: np.ndarray | None = None, state: np.ndarray | None = None, command: tuple | None = None):
    if frames is not None:
        step.observations[CAMERA] = frames
    if state is not None:
        step.observations["state"] = np.stack([state["progress"], -state["progress"]], axis=1)
        step.verdict = state
    if command is not None:
        step.command = command


def feed(cutter: SegmentCutter, number: int, **changes: object) -> None:
    step = cutter.step(number)
    assert step is not None
    parts = {"frames": frames(number), "state": state(number), "command": command(number)} | changes
    put(step, **parts)


def test_segments_by_hand() -> None:
    cutter = SegmentCutter(("a", "b"), "w", STEPS, SENSORS, ("speed",))
    for number in range(10, 14):
        assert cutter.cut() is None
        feed(cutter, number)
    number, segments = cutter.cut()
    assert number == 13
    assert [segment.id for segment in segments] == ["w:0:0", "w:1:0"]
    assert [segment.track for segment in segments] == ["a", "b"]
    segment = segments[1]
    np.testing.assert_array_equal(segment.observations[CAMERA][:, 0, 0], [10, 11, 12, 13])
    np.testing.assert_allclose(segment.steering, [0.10, 0.11, 0.12], rtol=1e-6)
    np.testing.assert_allclose(segment.speed, [11, 12, 13])
    np.testing.assert_allclose(segment.reward, [11, 12, 13])  # what frame t + 1 says of action t
    np.testing.assert_allclose(segment.progress, [11.5, 12.5, 13.5])
    np.testing.assert_allclose(segment.terms["speed"], [22, 24, 26])
    np.testing.assert_allclose(segment.observations["state"][:, 1], [-10.5, -11.5, -12.5, -13.5])
    np.testing.assert_allclose(segment.log_probability, [-1.0, -1.1, -1.2], rtol=1e-6)
    assert segment.model_version == 4
    assert cutter.cut() is None
    for number in range(14, 17):
        feed(cutter, number)
    number, segments = cutter.cut()
    assert number == 16
    assert segments[0].sequence == 1
    np.testing.assert_array_equal(segments[0].observations[CAMERA][:, 0, 0], [13, 14, 15, 16])


def test_ends_and_the_step_out_of_an_ended_frame() -> None:
    cutter = SegmentCutter(("a", "b"), "w", STEPS, SENSORS, ("speed",))
    feed(cutter, 0)
    feed(cutter, 1, state=state(1, ended=True))
    feed(cutter, 2, state=state(2, prepare=True))
    feed(cutter, 3, command=command(3, version=2))
    _, segments = cutter.cut()
    np.testing.assert_array_equal(segments[0].terminated, [1, 0, 0])
    np.testing.assert_array_equal(segments[0].valid, [1, 0, 1])
    assert segments[0].model_version == 4  # the command of the last frame belongs to the next segment


def test_parts_come_in_any_order() -> None:
    cutter = SegmentCutter(("a", "b"), "w", STEPS, SENSORS, ("speed",))
    for number in range(STEPS + 1):
        step = cutter.step(number)
        step.command = command(number)
    for number in range(STEPS + 1):
        put(cutter.step(number), state=state(number))
        assert cutter.cut() is None
    for number in range(STEPS):
        put(cutter.step(number), frames=frames(number))
        assert cutter.cut() is None
    put(cutter.step(STEPS), frames=frames(STEPS))
    assert cutter.cut()[0] == STEPS
    assert cutter.step(STEPS - 1) is None  # it is over
    assert cutter.dropped_steps == 0


def test_a_step_that_a_later_complete_one_overtook_is_given_up() -> None:
    cutter = SegmentCutter(("a", "b"), "w", STEPS, SENSORS, ("speed",))
    feed(cutter, 7, state=None)  # the recorder came in the middle of a step
    assert cutter.cut() is None
    assert cutter.take_start() is None
    cuts = []
    for number in range(8, 16):
        feed(cutter, number)
        cuts.append(cutter.cut())
    assert cutter.take_start() == 8
    assert cutter.dropped_steps == 1
    (first, segments), (second, _) = filter(None, cuts)
    assert (first, second) == (8 + STEPS, 8 + 2 * STEPS)
    np.testing.assert_array_equal(segments[0].observations[CAMERA][:, 0, 0], [8, 9, 10, 11])


def test_a_broken_course_leaves_its_segment() -> None:
    cutter = SegmentCutter(("a", "b"), "w", STEPS, SENSORS, ("speed",))
    feed(cutter, 0)
    feed(cutter, 1)
    assert cutter.cut() is None
    for number in range(3, 7):  # step 2 never came
        feed(cutter, number)
    number, segments = cutter.cut()
    assert number == 6
    assert cutter.dropped_steps == 2
    np.testing.assert_array_equal(segments[0].observations[CAMERA][:, 0, 0], [3, 4, 5, 6])


def test_what_never_completes_is_bounded() -> None:
    cutter = SegmentCutter(("a", "b"), "w", STEPS, SENSORS, ("speed",))
    for number in range(100):
        feed(cutter, number, command=None)
        assert cutter.cut() is None
        assert len(cutter._pending) <= 2 * STEPS + 1


def test_a_simulation_that_began_anew_is_followed() -> None:
    cutter = SegmentCutter(("a", "b"), "w", STEPS, SENSORS, ("speed",))
    for number in range(100, 102):
        feed(cutter, number)
    assert cutter.cut() is None
    assert cutter.take_start() == 100
    assert cutter.take_start() is None
    assert cutter.cut() is None
    assert cutter.step(101) is None  # a frame that is repeated
    for number in range(4):
        feed(cutter, number)
    number, segments = cutter.cut()
    assert cutter.take_start() == 0
    assert number == 3
    np.testing.assert_array_equal(segments[0].observations[CAMERA][:, 0, 0], [0, 1, 2, 3])
