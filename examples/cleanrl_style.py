# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""PPO in one file, in the style of CleanRL, with `gymnasium.make_vec` and 64 cars that observe `state`.

.venv/bin/python examples/cleanrl_style.py [UPDATES]
"""

import sys

import gymnasium
import torch
from torch import nn
from torch.distributions import Normal

import deepracer_ros  # noqa: F401 - registers DeepRacer-v0

CARS, STEPS, GAMMA, LAMBDA, CLIP, EPOCHS = 64, 32, 0.97, 0.9, 0.2, 5

torch.manual_seed(1)
torch.set_num_threads(1)
task = {"track": "oval", "sensors": ("state",), "width": 16, "height": 12, "threads": 1}  # the camera is not observed
cars = gymnasium.make_vec("DeepRacer-v0", num_envs=CARS, **task)
inputs = cars.single_observation_space.shape[0]
actor = nn.Sequential(nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 2))
critic = nn.Sequential(nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 1))
log_std = nn.Parameter(torch.full((2,), -0.5))
parameters = [*actor.parameters(), *critic.parameters(), log_std]
optimiser = torch.optim.Adam(parameters, lr=1e-3, eps=1e-5)

seen, ended = torch.from_numpy(cars.reset(seed=1)[0]), torch.zeros(CARS)
for update in range(int(sys.argv[1]) if sys.argv[1:] else 40):
    rows = []
    for _ in range(STEPS):
        with torch.no_grad():
            policy = Normal(actor(seen), log_std.exp())
            action = policy.sample()
            row = [seen, action, policy.log_prob(action).sum(1), critic(seen)[:, 0], 1.0 - ended]
        found, reward, terminated, truncated, info = cars.step(action.numpy())
        seen, ended = torch.from_numpy(found), torch.from_numpy(terminated | truncated).float()
        rows.append([*row, torch.from_numpy(reward).float(), torch.from_numpy(terminated).float(), ended])
    states, actions, old, values, valid, rewards, failed, ends = map(torch.stack, zip(*rows, strict=True))
    with torch.no_grad():
        following = torch.cat([values[1:], critic(seen)[None, :, 0]])
    advantage, total = torch.zeros(STEPS, CARS), torch.zeros(CARS)
    for step in reversed(range(STEPS)):
        delta = rewards[step] + GAMMA * (1.0 - failed[step]) * following[step] - values[step]
        total = advantage[step] = delta + GAMMA * LAMBDA * (1.0 - ends[step]) * total
    kept = valid.bool()  # an action after the end of an episode is ignored and is not a transition
    for _ in range(EPOCHS):
        policy = Normal(actor(states[kept]), log_std.exp())
        ratio = (policy.log_prob(actions[kept]).sum(1) - old[kept]).exp()
        normal = (advantage[kept] - advantage[kept].mean()) / (advantage[kept].std() + 1e-8)
        gain = torch.min(ratio * normal, ratio.clamp(1.0 - CLIP, 1.0 + CLIP) * normal).mean()
        error = (critic(states[kept])[:, 0] - (advantage + values)[kept]).pow(2).mean()
        optimiser.zero_grad()
        (0.5 * error - gain).backward()
        nn.utils.clip_grad_norm_(parameters, 0.5)
        optimiser.step()
    print(f"update {update}: mean reward {rewards[kept].mean():.3f}, mean progress {info['progress'].mean():.0f} %")
cars.close()
