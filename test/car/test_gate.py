# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The rules of the gate, one by one by hand, and all of them over random streams."""

import math
import os
import random

import pytest

from deepracer_ros.car.config import GateConfig
from deepracer_ros.car.gate import AUTONOMY, TELEOP, Command, Gate, State

STREAMS = int(os.environ.get("GATE_STREAMS", "8000"))
"""Number of random streams; 100 000 take half a minute."""
TICK = 0.02
FRAME = 1.0 / 15.0


class Drive:
    """A gate with a camera at 15 frames a second and an agent that answers each, in steps of a tick."""

    def __init__(self, **config):
        self.gate = Gate(GateConfig(**{"throttle": 1.0, **config}))
        self.now, self.clock, self.next_frame = 100.0, 5000.0, 100.0
        self.camera = self.agent = True
        self.sent = None
        self.gate.model(True)
        self.run(0.5)

    def run(self, seconds, angle=0.5, throttle=0.5):
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            self.clock += TICK
            if self.now >= self.next_frame:
                self.next_frame += FRAME
                if self.camera:
                    self.gate.frame(self.now)
                if self.agent:
                    self.gate.command(AUTONOMY, Command(angle, throttle, self.clock), self.now)
            self.sent = self.gate.tick(self.now, self.clock)
        return self.sent

    def arm(self):
        assert self.gate.arm(self.now) == ""
        return self

    def steer(self, source=TELEOP, angle=0.1, throttle=0.3, stamp=None):
        self.gate.command(source, Command(angle, throttle, self.clock if stamp is None else stamp), self.now)

    def is_neutral(self, reason):
        return (self.sent.angle, self.sent.throttle) == (0.0, 0.0) and reason in self.sent.reason


@pytest.fixture
def drive():
    return Drive().arm()


def test_a_gate_begins_disarmed_and_stays_so():
    drive = Drive()
    assert drive.gate.state is State.DISARMED
    assert drive.is_neutral("not armed")


def test_an_armed_gate_lets_the_command_through(drive):
    sent = drive.run(1.0, angle=0.5, throttle=0.5)
    assert (sent.angle, sent.throttle, sent.reason) == (0.5, 0.5, "")
    assert (sent.state, sent.source) == (State.ARMED, AUTONOMY)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (lambda drive: drive.gate.model(False), "no model"),
        (lambda drive: setattr(drive, "camera", False) or drive.run(0.3), "camera: frames are late"),
        (lambda drive: drive.steer(throttle=0.2), "teleop is not neutral"),
        (lambda drive: drive.steer(throttle=math.nan), "teleop is not neutral"),
        (lambda drive: drive.gate.acceleration(4.0), "fault: acceleration of 4 g"),
    ],
)
def test_what_is_missing_is_said_instead_of_arming(missing, words):
    drive = Drive()
    missing(drive)
    assert words in drive.gate.arm(drive.now)
    assert drive.gate.state is not State.ARMED


def test_a_camera_without_frames_is_missing():
    gate = Gate(GateConfig())
    gate.model(True)
    assert gate.arm(1.0) == "camera: no frames"


def test_neutral_when_the_agent_is_silent(drive):
    drive.run(1.0)
    drive.agent = False
    drive.run(0.16)
    drive.run(0.1)
    assert drive.is_neutral("autonomy: command is late")
    drive.agent = True
    assert drive.run(0.5).reason == ""  # the gate stays armed


def test_neutral_when_the_camera_stops_and_the_agent_does_not(drive):
    drive.run(1.0)
    drive.camera = False
    drive.run(0.22)
    assert drive.is_neutral("camera: frames are late")


@pytest.mark.parametrize(("rate", "moves"), [(10.5, True), (9.5, False)])
def test_the_least_rate_of_the_camera(drive, rate, moves):
    for number in range(30):
        at = drive.now + number / rate
        drive.gate.frame(at)
        drive.gate.command(AUTONOMY, Command(0.0, 0.5, drive.clock + number / rate), at)
    end = 30 / rate - 0.001
    sent = drive.gate.tick(drive.now + end, drive.clock + end)
    assert (sent.reason == "") == moves


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"stamp": -0.21}, "command is old"),
        ({"stamp": 0.03}, "command is from the future"),
        ({"angle": math.nan}, "not finite"),
        ({"throttle": math.inf}, "not finite"),
        ({"stamp": math.nan}, "not finite"),
    ],
)
def test_neutral_within_a_tick_of_a_wrong_command(drive, command, words):
    drive.run(1.0)
    drive.now, drive.clock = drive.now + 0.001, drive.clock + 0.001
    stamp = drive.clock + command.get("stamp", 0.0)
    source = TELEOP if words == "command is old" else AUTONOMY  # for autonomy it would be out of order
    drive.gate.command(source, Command(command.get("angle", 0.0), command.get("throttle", 0.5), stamp), drive.now)
    drive.sent = drive.gate.tick(drive.now, drive.clock)
    assert drive.is_neutral(words)


def test_neutral_when_commands_are_out_of_order(drive):
    drive.run(1.0)
    drive.steer(AUTONOMY, stamp=drive.clock - 0.1)
    drive.sent = drive.gate.tick(drive.now, drive.clock)
    assert drive.is_neutral("autonomy: commands are out of order")
    assert drive.gate.refused == 1
    assert drive.run(0.3).reason == ""


@pytest.mark.parametrize("jump", [-1.0, 1.0, 1e9])
def test_neutral_when_the_clock_jumps(drive, jump):
    drive.run(1.0)
    drive.sent = drive.gate.tick(drive.now, drive.clock + jump)
    assert drive.is_neutral("command is")


def test_commands_of_unknown_sources_do_nothing(drive):
    drive.steer("stranger", throttle=1.0)
    assert drive.run(0.5).throttle == 0.5
    assert drive.gate.refused == 1


def test_teleoperation_goes_before_autonomy_and_its_loss_does_not_hand_over(drive):
    drive.run(1.0)
    drive.steer(angle=-0.3, throttle=0.1)
    assert drive.run(0.1).source == TELEOP
    assert drive.sent.throttle == 0.1
    drive.run(0.2)
    assert drive.is_neutral("teleop: command is late")
    drive.run(10.0)  # autonomy commands all the while
    assert drive.is_neutral("teleop: command is late")
    drive.gate.hand_over()
    assert drive.run(0.5).throttle == 0.5


def test_a_wrong_teleoperation_takes_no_authority(drive):
    drive.steer(throttle=math.nan)
    assert drive.run(0.5).source == AUTONOMY


def test_the_dead_man_button():
    drive = Drive(dead_man=True)
    assert drive.gate.arm(drive.now) == "joystick: no message"
    drive.gate.dead_man(False, drive.now)
    assert drive.gate.arm(drive.now) == "dead-man button: released"
    drive.gate.dead_man(True, drive.now)
    drive.arm()
    assert drive.run(0.1).reason == ""
    drive.run(0.2)
    assert drive.is_neutral("joystick: no message")
    drive.gate.dead_man(True, drive.now)  # holding it again does not arm
    drive.run(0.1)
    assert drive.gate.state is State.DISARMED
    drive.arm()
    drive.gate.dead_man(False, drive.now)
    drive.sent = drive.gate.tick(drive.now, drive.clock)
    assert drive.is_neutral("dead-man button: released")


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (lambda gate: gate.acceleration(3.1), "acceleration of 3.1 g"),
        (lambda gate: gate.acceleration(0.4), "acceleration of 0.4 g"),
        (lambda gate: gate.acceleration(math.nan), "acceleration"),
        (lambda gate: gate.battery(0.1), "battery at 10%"),
        (lambda gate: gate.battery(math.nan), "battery"),
    ],
)
def test_a_fault_stays_until_it_is_cleared(note, words):
    drive = Drive(least_battery=0.2).arm()
    drive.gate.acceleration(1.0)
    drive.gate.battery(0.9)
    assert drive.run(0.5).reason == ""
    note(drive.gate)
    drive.run(TICK)
    assert drive.is_neutral(words)
    drive.gate.disarm()
    assert "fault" in drive.gate.arm(drive.now)
    drive.run(1.0)
    assert drive.sent.state is State.FAULT
    drive.gate.clear()
    assert drive.run(TICK).state is State.DISARMED
    drive.arm()
    assert drive.run(0.5).reason == ""


def test_limits_of_size_and_change_by_hand():
    drive = Drive(throttle=0.4, steering_rate=10.0, throttle_rate=2.0).arm()
    drive.run(TICK, angle=9.0, throttle=9.0)
    assert drive.sent.angle == pytest.approx(0.2)  # 10 a second for 0.02 s
    assert drive.sent.throttle == pytest.approx(0.04)
    drive.run(1.0, angle=9.0, throttle=9.0)
    assert (drive.sent.angle, drive.sent.throttle) == (1.0, 0.4)
    drive.gate.set_throttle(0.2)
    assert drive.run(TICK, angle=9.0, throttle=9.0).throttle == 0.2
    drive.run(0.1, angle=-9.0, throttle=-9.0)
    assert drive.sent.throttle >= -0.2
    drive.gate.tick(drive.now + 60.0, drive.clock + 60.0)  # a pause
    drive.now += 60.0
    drive.clock += 60.0
    drive.run(0.5, throttle=0.0)
    assert drive.run(FRAME, throttle=9.0).throttle <= 2.0 * 0.1


def test_no_random_stream_breaks_a_rule():
    """Messages, clocks and times at random; a failure prints the seed of its stream."""
    for seed in range(STREAMS):
        _check_stream(seed)


def _check_stream(seed):
    chance = random.Random(seed)
    config = GateConfig(
        throttle=chance.choice([0.0, 0.3, 1.0]), dead_man=chance.random() < 0.3, least_battery=chance.choice([0.0, 0.2])
    )
    gate, now, clock = Gate(config), 0.0, 1000.0
    frames, stamps, last = [], {}, {}
    held, throttle, angle, at = (False, -math.inf), 0.0, 0.0, -math.inf
    gate.model(True)
    for _ in range(12):
        step = chance.choice([0.001, 0.02, 0.02, 0.05, 0.3])
        now, clock = now + step, clock + step + chance.choice([0.0] * 8 + [-0.5, 0.5])
        if chance.random() < 0.8:
            for _ in range(chance.choice([1, 3])):
                gate.frame(now)
                frames.append(now)
        if chance.random() < 0.5:
            held = (chance.random() < 0.8, now)
            gate.dead_man(*held)
        for source in (AUTONOMY, TELEOP, "stranger"):
            if chance.random() < (0.8 if source == AUTONOMY else 0.1):
                value = chance.choice([0.0, 0.5, -0.5, 2.0, math.nan, -math.inf])
                stamp = clock + chance.choice([0.0] * 6 + [-0.3, 0.1, math.nan])
                command = Command(value, chance.choice([0.0, 0.5, 0.5, 3.0, math.nan]), stamp)
                before = stamps.get(source, -math.inf)
                sound = all(map(math.isfinite, (command.angle, command.throttle, stamp))) and stamp > before
                stamps[source] = command.stamp
                last[source] = (command, now, sound)
                gate.command(source, command, now)
        event = chance.random()
        if event < 0.5:
            gate.arm(now)
        elif event < 0.53:
            gate.disarm()
        elif event < 0.56:
            gate.acceleration(chance.choice([1.0, 5.0, math.nan]))
        elif event < 0.6:
            gate.clear()
        sent = gate.tick(now, clock)
        assert -1.0 <= sent.angle <= 1.0, seed
        assert abs(sent.throttle) <= config.throttle, seed
        longest = min(now - at, 0.1) + 1e-9
        assert abs(sent.throttle) <= abs(throttle) + config.throttle_rate * longest, seed
        if sent.reason:
            assert (sent.angle, sent.throttle) == (0.0, 0.0), seed
        else:
            command, arrived, sound = last[sent.source]
            assert sound, seed
            assert abs(sent.angle - angle) <= config.steering_rate * longest, seed
            assert now - arrived <= config.max_age + 1e-9, seed
            assert -0.02 - 1e-9 <= clock - command.stamp <= config.max_age + 1e-9, seed
            assert sent.state is State.ARMED, seed
            assert len(frames) >= 3, seed
            assert now - frames[-3] <= 0.3 + 1e-9, seed
            assert not config.dead_man or (held[0] and now - held[1] <= config.max_age + 1e-9), seed
        throttle, angle, at = sent.throttle, sent.angle, now
