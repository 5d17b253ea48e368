# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Types, data classes and postponed annotations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Memory:
    speeds: list[float] = field(default_factory=list)

    def smoothness(self, speed: float) -> float:
        self.speeds = [*self.speeds[-4:], speed]
        return 1.0 - (max(self.speeds) - min(self.speeds)) / 4.0


MEMORY = Memory()


def reward_function(params: dict[str, Any]) -> float:
    if params["steps"] == 2:
        MEMORY.speeds.clear()
    smooth = MEMORY.smoothness(params["speed"])
    return (0.2 * smooth + 0.8) * params["speed"] * params["all_wheels_on_track"]
