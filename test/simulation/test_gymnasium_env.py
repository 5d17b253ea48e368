# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import deepracer_ros.simulation.gymnasium_env
from deepracer_ros.errors import InputError
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig
from deepracer_ros.race.status import Status

SMALL = {"width": 40, "height": 30, "track": "oval"}

assert deepracer_ros.simulation.gymnasium_env


@pytest.mark.parametrize(
    ("settings", "shape", "space"),
    [
        ({}, (30, 40, 1), gymnasium.spaces.Box),
        ({"colour": "rgb"}, (30, 40, 3), gymnasium.spaces.Box),
        ({"actions": [(0.5, 1.0), (0.0, 2.0), (-0.5, 1.0)]}, (30, 40, 1), gymnasium.spaces.Discrete),
    ],
)
def test_gymnasiums_own_check_finds_nothing(settings, shape, space):
    environment = gymnasium.make("DeepRacer-v0", render_mode="rgb_array", **SMALL, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(environment.unwrapped)
    assert environment.observation_space.shape == shape
    assert isinstance(environment.action_space, space)
    environment.reset(seed=1)
    assert environment.render().shape == (30, 40, 3)
    environment.close()


def test_a_car_that_drives_straight_on_leaves_the_oval():
    environment = gymnasium.make("DeepRacer-v0", **SMALL)
    _, info = environment.reset(seed=0)
    assert info["status"] == "PREPARE"
    total = 0.0
    for _ in range(300):
        observation, reward, terminated, truncated, info = environment.step(np.array([0.0, 0.0]))
        total += reward
        if terminated:
            break
    assert terminated
    assert not truncated
    assert info["status"] == "OFF_TRACK"
    assert total > 0.0
    assert observation.dtype == np.uint8


def test_a_discrete_action_is_its_pair_of_steering_and_speed():
    task = deepracer_ros.simulation.gymnasium_env.Task(
        deepracer_ros.simulation.gymnasium_env.TaskConfig(actions=[(0.5, 1.0), (-0.2, 2.0)], **SMALL), 2
    )
    steering, speed = task.decode(np.array([1, 0]))
    assert steering.tolist() == [-0.2, 0.5]
    assert speed.tolist() == [2.0, 1.0]


def test_a_continuous_action_spans_the_steering_and_the_speeds():
    module = deepracer_ros.simulation.gymnasium_env
    task = module.Task(module.TaskConfig(actions=ActionSpaceConfig(speed_low=1.0, speed_high=3.0), **SMALL), 3)
    steering, speed = task.decode(np.array([[-1.0, -1.0], [0.0, 0.0], [1.0, 5.0]], np.float32))
    assert steering == pytest.approx([-np.pi / 6, 0.0, np.pi / 6], abs=1e-6)
    assert speed.tolist() == [1.0, 2.0, 3.0]


def test_the_vector_environment_is_made_by_gymnasium_and_resets_with_the_next_step():
    environments = gymnasium.make_vec("DeepRacer-v0", num_envs=3, **(SMALL | {"track": ["oval", "technical"]}))
    assert environments.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    observations, infos = environments.reset(seed=5)
    assert observations.shape == environments.observation_space.shape == (3, 30, 40, 1)
    assert (infos["status"] == Status.PREPARE).all()
    ended = np.zeros(3, bool)
    for _ in range(200):
        was_ended = ended
        observations, rewards, terminated, truncated, infos = environments.step(
            np.tile(np.array([0.3, 0.0], np.float32), (3, 1))
        )
        ended = terminated | truncated
        assert (infos["status"][was_ended] == Status.PREPARE).all()
        assert (rewards[was_ended] == 0.0).all()
        assert not ended[was_ended].any()
    assert environments.observation_space.contains(observations)
    environments.close()


def test_the_same_seed_gives_the_same_drive():
    def drive(seed):
        environments = gymnasium.make_vec("DeepRacer-v0", num_envs=2, **SMALL)
        environments.action_space.seed(7)
        observations = [environments.reset(seed=seed)[0]]
        observations += [environments.step(environments.action_space.sample())[0] for _ in range(5)]
        return np.array(observations)

    assert np.array_equal(drive(1), drive(1))
    assert (drive(1) != drive(2)).any()


def test_observations_are_the_callers_own():
    environments = gymnasium.make_vec("DeepRacer-v0", num_envs=2, **SMALL)
    first, _ = environments.reset(seed=0)
    kept = first.copy()
    environments.step(np.ones((2, 2), np.float32))
    assert np.array_equal(first, kept)


def test_step_before_reset_is_refused():
    with pytest.raises(gymnasium.error.ResetNeeded):
        gymnasium.make("DeepRacer-v0", **SMALL).unwrapped.step(np.zeros(2))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"track": "nowhere"}, "nowhere"),
        ({"reward": {"nothing": 1.0}}, "nothing"),
        ({"sensors": ("sonar",)}, "sonar"),
        ({"simulator": "toy"}, "simulation.simulator: found 'toy', expected one of embedded, gazebo"),
    ],
)
def test_what_does_not_exist_is_named(settings, message):
    with pytest.raises(InputError, match=message):
        gymnasium.make("DeepRacer-v0", **(SMALL | settings)).reset()


def test_several_sensors_are_a_dictionary():
    environment = gymnasium.make("DeepRacer-v0", sensors=("FRONT_FACING_CAMERA", "state"), **SMALL)
    assert isinstance(environment.observation_space, gymnasium.spaces.Dict)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*infinity")  # no bound is known of a state's numbers
        check_env(environment.unwrapped)
    observation, _ = environment.reset(seed=1)
    assert observation["FRONT_FACING_CAMERA"].shape == (30, 40, 1)
    assert observation["state"].shape == (17,)
    assert observation["state"].dtype == np.float32
    environments = gymnasium.make_vec("DeepRacer-v0", num_envs=2, sensors=("FRONT_FACING_CAMERA", "state"), **SMALL)
    assert environments.reset(seed=1)[0]["state"].shape == (2, 17)


def test_one_sensor_is_its_box_and_the_camera_need_not_be_observed():
    environment = gymnasium.make("DeepRacer-v0", sensors=("state",), render_mode="rgb_array", **SMALL)
    observation, _ = environment.reset(seed=1)
    assert environment.observation_space.shape == observation.shape == (17,)
    assert environment.render().shape == (30, 40, 3)


def test_a_race_among_boxes():
    race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(4, random=True))
    environment = gymnasium.make("DeepRacer-v0", race=race, sensors=("state",), **SMALL)
    observation, _ = environment.reset(seed=1)
    ahead = set()
    for _ in range(60):
        observation, _, terminated, _, info = environment.step(np.array([0.3, 0.0]))
        ahead.add(float(observation[15]))
        if terminated:
            environment.reset()
    assert min(ahead) < 2.0


def test_the_simulator_is_made_by_the_one_factory_from_the_one_action_space():
    actions = ActionSpaceConfig(type="discrete", steering_angles=(-30.0, 30.0), speeds=(1.0, 2.0))
    module = deepracer_ros.simulation.gymnasium_env
    task = module.Task(module.TaskConfig(actions=actions, **SMALL), 4)
    assert task.action_space.n == 4
    steering, speed = task.decode(np.arange(4))
    assert steering == pytest.approx([-np.pi / 6, np.pi / 6] * 2)
    assert speed.tolist() == [1.0, 1.0, 2.0, 2.0]
    environment = task.begin(0)
    assert environment.simulator.cars == 4
    environment.close()


def test_importing_the_package_registers_and_imports_neither_numba_nor_opencv():
    code = (
        "import sys, deepracer_ros, gymnasium; assert 'DeepRacer-v0' in gymnasium.registry; "
        "assert not {'numba', 'cv2'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


@pytest.mark.parametrize(
    "code",
    [
        "import deepracer_ros, gymnasium",
        "import gymnasium, deepracer_ros",
        "import deepracer_ros.names, gymnasium.envs.registration, gymnasium",
        "import deepracer_ros; from gymnasium.envs import registration; import importlib, gymnasium",
    ],
)
def test_the_environments_are_registered_whatever_is_imported_first(code):
    code += "; import sys; assert gymnasium.spec('DeepRacer-v0').vector_entry_point"
    code += "; assert not [finder for finder in sys.meta_path if 'deepracer' in type(finder).__module__]"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert answer.returncode == 0, answer.stderr


def test_the_package_alone_does_not_import_gymnasium():
    code = "import sys, deepracer_ros.cli.main; assert 'gymnasium' not in sys.modules"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert answer.returncode == 0, answer.stderr
