"""The built-in rewards on one step with known numbers."""

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.episode import as_table, new_cars
from deepracer_ros.race.status import Status
from deepracer_ros.rewards.reward import REWARDS, find_reward


def step(**columns):
    """Return the table of one car that drove 0.1 m along a 0.8 m wide road, with some columns set."""
    table = as_table(new_cars(1))
    values = {"distance": 0.1, "left": 0.4, "right": 0.4, "wheels_on_track": 4, "status": Status.IN_PROGRESS}
    for name, value in {**values, **columns}.items():
        getattr(table, name)[0] = value
    return table


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("progress", {}, 0.5),
        ("progress", {"distance": -0.02}, -0.1),
        ("progress", {"status": Status.OFF_TRACK}, -0.5),
        ("progress", {"status": Status.LAP_COMPLETE}, 0.5),
        ("centre_line", {}, 0.5),
        ("centre_line", {"offset": -0.1}, 0.375),
        ("centre_line", {"offset": 0.5}, 0.0),
        ("centre_line", {"status": Status.REVERSED, "distance": 0.0}, -1.0),
        ("speed_along_track", {"speed": 2.0}, 0.5),
        ("speed_along_track", {"speed": 2.0, "heading_error": np.pi / 3}, 0.25),
        ("speed_along_track", {"speed": 2.0, "wheels_on_track": 3}, 0.0),
        ("speed_along_track", {"speed": 0.0, "status": Status.IMMOBILIZED}, -1.0),
    ],
)
def test_reward_of_a_step(name, columns, expected):
    assert find_reward(name)(step(**columns), []) == pytest.approx([expected])


def test_an_unknown_reward_names_the_nearest():
    with pytest.raises(InputError, match="reward: found 'progression', perhaps 'progress', expected one of progress, "):
        find_reward("progression")


def test_every_reward_has_a_name():
    assert set(REWARDS) == {"progress", "centre_line", "speed_along_track"}
