# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The gate between commands and servos: it lets a command through only while everything about it is right.

It is pure: the time is given to it, so that every rule can be tried. Time by `now` is a clock that only goes on; time
by `clock` is that of the stamps, which may jump.
"""

import math
from collections import deque
from dataclasses import dataclass, replace
from enum import Enum

from deepracer_ros.car.config import GateConfig

AUTONOMY, TELEOP = "autonomy", "teleop"
SOURCES = (AUTONOMY, TELEOP)
"""Sources of commands, a later one above an earlier one."""
FUTURE_SECONDS = 0.02
"""Time by which a stamp may be ahead of the clock: two computers are not set to the same millisecond."""
FRAMES = 3
"""Number of frames over which the rate of the camera is measured."""
LONGEST_TICK = 0.1
"""Time for which a tick lets a command change at most, s: after a pause it goes on as slowly as ever."""
EPSILON = 1e-6
"""Commands up to this are neutral."""


class State(Enum):
    """State of a gate; only an armed one lets commands through, and a fault stays until it is cleared."""

    DISARMED = "disarmed"
    ARMED = "armed"
    FAULT = "fault"


@dataclass(frozen=True)
class Command:
    """A command of a source.

    Attributes:
        angle: Steering from -1 to 1 of the calibrated range, + left.
        throttle: Throttle from -1 to 1 of the calibrated range.
        stamp: Time of the frame or the stick that it answers, by the clock, s.
    """

    angle: float
    throttle: float
    stamp: float


@dataclass(frozen=True)
class Decision:
    """What is sent to the servos, and why.

    Attributes:
        angle: Steering from -1 to 1, + left.
        throttle: Throttle from -1 to 1.
        state: State of the gate.
        source: Source with authority.
        reason: Why neutral is sent; empty if a command is let through.
    """

    angle: float
    throttle: float
    state: State
    source: str
    reason: str = ""


@dataclass(frozen=True)
class _Arrived:
    command: Command
    at: float
    trouble: str


class Gate:
    """Decides at every tick what is sent to the servos; whatever is late, absent or wrong makes it neutral.

    Attributes:
        config: The limits; `throttle` may be replaced while the car drives.
        state: State of the gate.
        source: Source with authority. Teleoperation takes it with its first command; only `hand_over` gives it back.
        reason: Why the gate is disarmed or has a fault.
        refused: Number of commands that were not sound.
    """

    def __init__(self, config: GateConfig) -> None:
        """Begin disarmed, with autonomy in authority."""
        self.config = config
        self.state, self.source, self.reason = State.DISARMED, AUTONOMY, "not armed"
        self.refused = 0
        self._arrived: dict[str, _Arrived] = {}
        self._frames: deque[float] = deque(maxlen=FRAMES)
        self._has_model = False
        self._held, self._held_at = False, -math.inf
        self._sent, self._at = (0.0, 0.0), -math.inf

    def frame(self, now: float) -> None:
        """Note a frame of the camera."""
        self._frames.append(now)

    def model(self, is_loaded: bool) -> None:
        """Note whether the source of autonomy has a model."""
        self._has_model = is_loaded

    def dead_man(self, held: bool, now: float) -> None:
        """Note whether the dead-man button is held; each message of the joystick tells it anew."""
        self._held, self._held_at = held, now

    def command(self, source: str, command: Command, now: float) -> None:
        """Note a command; it replaces the last one of its source also if it is not sound, and is then neutral.

        Args:
            source: One of `SOURCES`; the command of any other is only counted.
            command: The command.
            now: Time of its arrival, s.
        """
        if source not in SOURCES:
            self.refused += 1
            return
        trouble, last = "", self._arrived.get(source)
        if not all(map(math.isfinite, (command.angle, command.throttle, command.stamp))):
            trouble = f"{source}: command is not finite"
        elif last is not None and not command.stamp > last.command.stamp:
            trouble = f"{source}: commands are out of order"
        self.refused += bool(trouble)
        self._arrived[source] = _Arrived(command, now, trouble)
        if source == TELEOP and not trouble:
            self.source = TELEOP

    def hand_over(self) -> None:
        """Give the authority to autonomy, because an operator asks for it; teleoperation may take it back."""
        self.source = AUTONOMY

    def acceleration(self, g: float) -> None:
        """Note the size of the acceleration, g; a crash, a lifted car or a number that is not finite is a fault."""
        if not self.config.lifted <= g <= self.config.crash:
            self.fail(f"acceleration of {g:.2g} g")

    def battery(self, charge: float) -> None:
        """Note the charge of the battery, 0 to 1; too little is a fault."""
        if self.config.least_battery and not charge >= self.config.least_battery:
            self.fail(f"battery at {charge:.0%}")

    def fail(self, reason: str) -> None:
        """Send neutral until the fault is cleared; the first reason stays."""
        if self.state is not State.FAULT:
            self.state, self.reason = State.FAULT, reason

    def set_throttle(self, greatest: float) -> None:
        """Set the greatest throttle that is sent, 0 to 1."""
        self.config = replace(self.config, throttle=greatest)

    def arm(self, now: float) -> str:
        """Let commands through from now on, if all is well; return why not, or nothing.

        Args:
            now: Time, s.
        """
        trouble = self._missing(now)
        if self.state is State.FAULT:
            return f"fault: {self.reason}"
        if not trouble and not self._has_model and self.source == AUTONOMY:
            trouble = "no model is loaded"
        stick = self._arrived.get(TELEOP)
        is_held = stick is not None and now - stick.at <= self.config.max_age
        if not trouble and is_held and stick is not None and not abs(stick.command.throttle) <= EPSILON:
            trouble = "teleop is not neutral"
        if not trouble:
            self.state, self.reason = State.ARMED, ""
        return trouble

    def disarm(self, reason: str = "disarmed") -> None:
        """Send neutral until the gate is armed again; a fault stays one."""
        if self.state is not State.FAULT:
            self.state, self.reason = State.DISARMED, reason

    def clear(self) -> None:
        """End a fault; the gate is then disarmed."""
        if self.state is State.FAULT:
            self.state, self.reason = State.DISARMED, "not armed"

    def tick(self, now: float, clock: float) -> Decision:
        """Decide what is sent now; called at least every 20 ms.

        Args:
            now: Time, s, by the clock that only goes on.
            clock: Time of the stamps, s.
        """
        if self.state is State.ARMED and self.config.dead_man and (trouble := self._released(now)):
            self.disarm(trouble)
        reason = self._reason(now, clock)
        seconds = min(max(now - self._at, 0.0), LONGEST_TICK)
        self._at = now
        if reason:
            self._sent = (0.0, 0.0)
        else:
            command = self._arrived[self.source].command
            self._sent = self._limited(command, seconds)
        return Decision(*self._sent, self.state, self.source, reason)

    def _reason(self, now: float, clock: float) -> str:
        """Return why neutral is sent; nothing if the command of the source with authority may pass."""
        if self.state is not State.ARMED:
            return self.reason
        arrived = self._arrived.get(self.source)
        if arrived is None:
            return f"{self.source}: no command"
        if arrived.trouble:
            return arrived.trouble
        if not now - arrived.at <= self.config.max_age:
            return f"{self.source}: command is late"
        if not clock - arrived.command.stamp <= self.config.max_age:
            return f"{self.source}: command is old"
        if arrived.command.stamp > clock + FUTURE_SECONDS:
            return f"{self.source}: command is from the future"
        return self._missing(now)

    def _missing(self, now: float) -> str:
        """Return what is absent that must always be there."""
        if len(self._frames) < FRAMES:
            return "camera: no frames"
        # Until now, not until the last frame, so that a camera that stops shows at once.
        if self.config.least_frames * (now - self._frames[0]) > FRAMES:
            return "camera: frames are late"
        return self._released(now) if self.config.dead_man else ""

    def _released(self, now: float) -> str:
        if not now - self._held_at <= self.config.max_age:
            return "joystick: no message"
        return "" if self._held else "dead-man button: released"

    def _limited(self, command: Command, seconds: float) -> tuple[float, float]:
        """Return angle and throttle within the limits of size and change."""
        angle, throttle = self._sent
        turn = self.config.steering_rate * seconds
        wanted = min(max(command.angle, -1.0), 1.0)
        angle = min(max(wanted, angle - turn), angle + turn)
        greatest = min(max(self.config.throttle, 0.0), 1.0)
        wanted = min(max(command.throttle, -greatest), greatest)
        more = self.config.throttle_rate * seconds
        if wanted * throttle < 0.0:  # through neutral, at once
            throttle = 0.0
        throttle = min(max(wanted, -abs(throttle) - more), abs(throttle) + more)
        return angle, throttle
