"""Builds the environments that a configuration describes."""

from collections.abc import Sequence
from dataclasses import replace

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.reward import find_reward
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.embedded import EmbeddedSimulator
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.randomisation import RandomisationConfig
from deepracer_ros.simulation.simulator import Simulator
from deepracer_ros.simulation.vehicle import read_vehicle
from deepracer_ros.training.config import RunConfig


def make_simulator(config: RunConfig, tracks: Sequence[Track], car_track: Sequence[int], seed: int) -> Simulator:
    """Start the configured simulator.

    Raises:
        InputError: if Gazebo is asked for and not prepared.
    """
    if config.simulation.simulator == "gazebo":
        from deepracer_ros.simulation.gazebo.simulator import GazeboSimulator  # its parts may be absent

        return GazeboSimulator(tracks, car_track, config.camera, read_vehicle(), seed)
    return EmbeddedSimulator(
        tracks,
        car_track,
        camera=config.camera,
        vehicle=read_vehicle(),
        randomisation=config.randomisation,
        seed=seed,
        threads=config.simulation.threads,
    )


def make_environment(config: RunConfig, track_names: Sequence[str], cars: int, seed: int) -> Environment:
    """Build simulator and referee for training: `cars` cars shared out over the tracks in turn.

    Raises:
        InputError: if a track or the reward does not exist.
    """
    tracks = [find_track(name) for name in track_names]
    car_track = [car % len(tracks) for car in range(cars)]
    referee = Referee(tracks, car_track, config.referee, find_reward(config.reward), seed)
    return Environment(make_simulator(config, tracks, car_track, seed), referee)


def make_evaluation(config: RunConfig, track_names: Sequence[str], starts: int) -> Environment:
    """Build an environment for evaluation: `starts` cars evenly over each track, nothing random."""
    tracks = [find_track(name) for name in track_names]
    car_track = [index for index in range(len(tracks)) for _ in range(starts)]
    config = replace(config, randomisation=RandomisationConfig())
    referee = Referee(tracks, car_track, config.referee.for_evaluation(), find_reward(config.reward), 0)
    return Environment(make_simulator(config, tracks, car_track, 0), referee)
