# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.experience.encoding import layout
from deepracer_ros.experience.replay import ReplaySampler
from deepracer_ros.experience.writer import ExperienceWriter

CAMERA = "FRONT_FACING_CAMERA"
GREY = {CAMERA: ("|u1", (6, 8))}
RGB = {CAMERA: ("|u1", (6, 8, 3))}
BOTH = GREY | {"state": ("<f4", (3,))}


def test_draws_are_steps_of_the_segments_and_uniform(url, run, make_segment):
    writer, sampler = ExperienceWriter(url, run, mode="replay"), ReplaySampler(url, run, GREY)
    segments = [make_segment(sequence, steps=sequence + 1) for sequence in range(4)]
    writer.append(segments)
    assert sampler.refresh() == 4
    assert sampler.refresh() == 0
    assert sampler.steps == 10
    steps = {
        segment.observations[CAMERA][t : t + 2].tobytes(): (segment.steering[t], segment.valid[t])
        for segment in segments
        for t in range(segment.steps)
    }
    draw = sampler.sample(2000)
    assert draw.observations[CAMERA].shape == (2000, 2, 6, 8)
    counts = dict.fromkeys(steps, 0)
    for frames, row in zip(draw.observations[CAMERA], draw.table, strict=True):
        assert steps[frames.tobytes()] == (row["steering"], row["valid"])
        counts[frames.tobytes()] += 1
    assert np.abs(np.array(list(counts.values())) - 200).max() < 70  # 200 expected, 5 sigma = 67


def test_trimmed_segments_are_drawn_again_from_those_held(url, run, make_segment):
    writer = ExperienceWriter(url, run, capacity_bytes=5 * layout(make_segment()).size, mode="replay")
    sampler = ReplaySampler(url, run, GREY)
    writer.append([make_segment(sequence) for sequence in range(5)])
    sampler.refresh()
    held = [make_segment(sequence) for sequence in range(5, 9)]
    writer.append(held)
    draw = sampler.sample(256)
    assert sampler.redrawn > 0
    assert sampler.steps <= 20
    known = {segment.observations[CAMERA][t].tobytes() for segment in [make_segment(4), *held] for t in range(4)}
    assert {frames[0].tobytes() for frames in draw.observations[CAMERA]} <= known


def test_segments_with_other_frames_are_left_out(url, run, make_segment):
    writer, sampler = ExperienceWriter(url, run), ReplaySampler(url, run, RGB)
    writer.append([make_segment(0), make_segment(1, shape=(6, 8, 3))])
    assert sampler.refresh() == 1
    assert sampler.sample(3).observations[CAMERA].shape == (3, 2, 6, 8, 3)


def test_nothing_to_draw_from_is_an_error(url, run):
    with pytest.raises(InputError, match="holds no step"):
        ReplaySampler(url, run, GREY).sample(1)


def test_the_seed_determines_the_draws(url, run, make_segment):
    ExperienceWriter(url, run).append([make_segment(sequence) for sequence in range(5)])
    draws = []
    for seed in (1, 1, 2):
        sampler = ReplaySampler(url, run, GREY, seed)
        sampler.refresh()
        draws.append(sampler.sample(16).table.tobytes())
    assert draws[0] == draws[1] != draws[2]


def test_every_observation_that_is_asked_for_is_drawn_from_the_same_step(url, run, make_segment):
    segment = make_segment(0, steps=6, terms=("progress",))
    ExperienceWriter(url, run).append([segment])
    sampler = ReplaySampler(url, run, BOTH)
    sampler.refresh()
    draw = sampler.sample(64)
    assert draw.observations["state"].shape == (64, 2, 3)
    rows = {segment.observations["state"][t].tobytes(): t for t in range(6)}
    for frames, state, row in zip(draw.observations[CAMERA], draw.observations["state"], draw.table, strict=True):
        t = rows[state[0].tobytes()]
        np.testing.assert_array_equal(frames, segment.observations[CAMERA][t : t + 2])
        np.testing.assert_array_equal(state[1], segment.observations["state"][t + 1])
        assert row["steering"] == segment.steering[t]


def test_segments_without_an_observation_are_left_out(url, run, make_segment):
    ExperienceWriter(url, run).append([make_segment(0)])
    sampler = ReplaySampler(url, run, {"LIDAR": ("<f4", (64,))})
    assert sampler.refresh() == 0
