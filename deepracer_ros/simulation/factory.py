"""One function builds every environment: nodes, trainer, evaluation, Gymnasium and benchmarks call it."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.referee import Referee, Reward
from deepracer_ros.race.track import Track
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.simulation.config import EnvironmentConfig, RandomisationConfig
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.sensors import sensor_specs
from deepracer_ros.simulation.simulator import Simulator

SIMULATORS: dict[str, str] = {
    "embedded": "deepracer_ros.simulation.embedded:make_embedded",
    "gazebo": "deepracer_ros.simulation.gazebo.simulator:make_gazebo",
}
"""Simulators by name, each `module:function` of a `Setup`; imported only when asked for, since parts may be absent.
The line to add for another one."""

SHARED_ROAD = frozenset({"gazebo"})
"""Simulators whose cars on one track share one world: what stands there cannot change with every car's episode."""


@dataclass(frozen=True, eq=False)
class Setup:
    """All that a simulator is made from.

    Attributes:
        config: Of the environment.
        tracks: The tracks.
        car_track: The index of each car's track.
        referee: Of the same cars; its `objects` and `object_shape` say what stands on their roads.
        seed: Of all draws of the simulator.
        threads: Of the embedded simulator.
    """

    config: EnvironmentConfig
    tracks: Sequence[Track]
    car_track: Sequence[int]
    referee: Referee
    seed: int
    threads: int


def make_environment(
    config: EnvironmentConfig,
    track_names: Sequence[str],
    cars: int,
    seed: int,
    *,
    reward: Reward | None = None,
    threads: int | None = None,
) -> Environment:
    """Build simulator and referee: `cars` cars shared out over the tracks in turn.

    Args:
        config: What to build.
        track_names: Names of tracks, or paths of route files.
        cars: How many.
        seed: Of all draws.
        reward: One that was found already; by default that of the configuration.
        threads: Of the embedded simulator; by default those of the configuration.

    Raises:
        InputError: if a track, sensor, simulator or the reward does not exist, or Gazebo is not prepared.
    """
    tracks = find_tracks(track_names)
    return _build(config, tracks, [car % len(tracks) for car in range(cars)], seed, reward, threads)


def make_evaluation(config: EnvironmentConfig, track_names: Sequence[str], starts: int) -> Environment:
    """Build an environment for evaluation: `starts` cars evenly over each track, nothing random, no user's reward.

    Args:
        config: What to build.
        track_names: Names of tracks, or paths of route files.
        starts: Cars on each track.

    Raises:
        InputError: as `make_environment`.
    """
    tracks = find_tracks(track_names)
    car_track = [index for index in range(len(tracks)) for _ in range(starts)]
    config = replace(
        config, randomisation=RandomisationConfig(), referee=config.referee.for_evaluation(), reward={"progress": 1.0}
    )
    return _build(config, tracks, car_track, 0, None, None)


def find_simulator(name: str) -> Callable[[Setup], Simulator]:
    """Return what makes a simulator.

    Raises:
        InputError: if there is none of that name.
    """
    if name not in SIMULATORS:
        raise InputError(f"simulation.simulator: found {name!r}, expected one of {', '.join(SIMULATORS)}")
    module, _, function = SIMULATORS[name].partition(":")
    maker: Callable[[Setup], Simulator] = getattr(importlib.import_module(module), function)
    return maker


def _build(
    config: EnvironmentConfig,
    tracks: Sequence[Track],
    car_track: Sequence[int],
    seed: int,
    reward: Reward | None,
    threads: int | None,
) -> Environment:
    specs = sensor_specs(config)
    name = config.simulation.simulator
    maker = find_simulator(name)
    referee = Referee(
        tracks,
        car_track,
        config.referee,
        reward or find_reward(config.reward),
        seed,
        race=config.race,
        redraw=name not in SHARED_ROAD,
    )
    setup = Setup(config, tracks, car_track, referee, seed, threads or config.simulation.threads)
    simulator = maker(setup)
    return Environment(simulator, referee, {name: specs[name] for name in specs if name not in simulator.sensors})
