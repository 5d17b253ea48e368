# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Construction of environments from a configuration, for nodes, trainer, evaluation, Gymnasium and benchmarks."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.track import Track
from deepracer_ros.rewards.output import RewardOutput
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.rewards.sandbox.confinement import check_confinement
from deepracer_ros.simulation.config import EnvironmentConfig, RandomisationConfig
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.sensors import sensor_specs
from deepracer_ros.simulation.simulator import Simulator
from deepracer_ros.simulation.stacking import StackedCamera

SIMULATORS: dict[str, str] = {
    "embedded": "deepracer_ros.simulation.embedded:make_embedded",
    "gazebo": "deepracer_ros.simulation.gazebo.simulator:make_gazebo",
}
"""Simulators by name; a new simulator needs one more entry.

An entry is `module:function`, a function from a `Setup` to a `Simulator`. The module is imported only when its
simulator is used, because its dependencies may be missing.
"""

SHARED_ROAD = frozenset({"gazebo"})
"""Simulators whose cars share one world per track, so objects cannot change with the episodes of a single car."""


@dataclass(frozen=True, eq=False)
class Setup:
    """Everything that a simulator is built from.

    Attributes:
        config: Configuration of the environment.
        tracks: The tracks.
        car_track: Index of each car's track.
        referee: Referee of the same cars; its `objects` and `object_shape` describe the objects on their roads.
        seed: Seed of all random numbers of the simulator.
        threads: Number of threads of the embedded simulator.
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
    output: RewardOutput | None = None,
    threads: int | None = None,
) -> Environment:
    """Build an environment whose cars, or heats of cars, are assigned to the tracks in turn.

    Args:
        config: Configuration of the environment.
        track_names: Names of tracks, or paths of route or track definition files.
        cars: Number of cars.
        seed: Seed of all random numbers.
        output: Receives what a user's reward function prints; by default it is printed.
        threads: Number of threads of the embedded simulator; by default that of the configuration.

    Raises:
        InputError: if a track, a sensor, the simulator or the reward does not exist, the number of cars is no multiple
            of that of a heat, or Gazebo is not prepared.
    """
    tracks, heat = find_tracks(track_names), config.race.cars
    if cars % heat:
        raise InputError(f"simulation.cars: found {cars}, expected a multiple of race.cars, {heat}")
    return _build(config, tracks, [car // heat % len(tracks) for car in range(cars)], seed, threads, output)


def make_evaluation(
    config: EnvironmentConfig,
    track_names: Sequence[str],
    starts: int,
    *,
    rewarded: bool = False,
    output: RewardOutput | None = None,
) -> Environment:
    """Build an environment for evaluation, with cars spread evenly over each track and no randomisation.

    Unless it is rewarded, the reward is the term `progress`, so a user's reward function is not called.

    Args:
        config: Configuration of the environment.
        track_names: Names of tracks, or paths of route or track definition files.
        starts: Number of cars on each track; more if it takes more to fill the last heat.
        rewarded: Whether the reward is that of the configuration.
        output: Receives what a user's reward function prints; by default it is printed.

    Raises:
        InputError: if a track, a sensor or the simulator does not exist, or Gazebo is not prepared.
    """
    tracks, heat = find_tracks(track_names), config.race.cars
    cars = -(-starts // heat) * heat
    car_track = [index for index in range(len(tracks)) for _ in range(cars)]
    config = replace(config, randomisation=RandomisationConfig(), referee=config.referee.for_evaluation())
    if not rewarded:
        config = replace(config, reward={"progress": 1.0})
    return _build(config, tracks, car_track, 0, None, output)


def find_simulator(name: str) -> Callable[[Setup], Simulator]:
    """Return the function that builds a simulator from a `Setup`.

    Args:
        name: Name of the simulator in `SIMULATORS`.

    Raises:
        InputError: if there is no simulator of that name.
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
    threads: int | None,
    output: RewardOutput | None = None,
) -> Environment:
    if config.require_sandbox and isinstance(config.reward, str):
        check_confinement()
    specs = sensor_specs(config)
    name = config.simulation.simulator
    maker = find_simulator(name)
    referee = Referee(
        tracks,
        car_track,
        config.referee,
        find_reward(config.reward, output),
        seed,
        race=config.race,
        redraw=name not in SHARED_ROAD,
    )
    setup = Setup(config, tracks, car_track, referee, seed, threads or config.simulation.threads)
    simulator = maker(setup)
    if config.camera.stack_size > 1:
        simulator = StackedCamera(simulator, config.camera.stack_size)
    return Environment(simulator, referee, {name: specs[name] for name in specs if name not in simulator.sensors})
