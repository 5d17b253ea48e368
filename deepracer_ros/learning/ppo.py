"""Proximal policy optimisation with a clipped objective and generalised advantage estimation.

Schulman et al., "Proximal Policy Optimization Algorithms", 2017; advantages after Schulman et al.,
"High-Dimensional Continuous Control Using Generalized Advantage Estimation", 2016. Experience may be
a few versions old: the clip is around the policy at the start of the update (the proximal policy), and
each sample is weighted by proximal over behaviour probability, truncated: Hilton, Cobbe and Schulman,
"Batch size-invariance for policy optimization", 2022.
"""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from deepracer_ros.learning.action_space import ActionSpace
from deepracer_ros.learning.config import PPOConfig
from deepracer_ros.learning.network import ActorCritic

PART_SIZE = 256
"""Frames that one thread works on at once: they stay in a core's cache, and no thread waits long for another."""


class NonFiniteLossError(RuntimeError):
    """The loss or its gradient became NaN or infinite; the network is as before that step."""


@dataclass(frozen=True, eq=False)
class Batch:
    """S segments of T steps: see `docs/architecture.md`.

    Attributes:
        frames: (S, T + 1, H, W[, C]) uint8.
        actions: (S, T, A) float32.
        log_probability: (S, T) float32, under the policy that acted.
        reward: (S, T) float32.
        terminated: (S, T) bool, frame t + 1 ended its episode for good.
        truncated: (S, T) bool, frame t + 1 ended its episode by the clock.
        valid: (S, T) bool, false for the transition out of an ended frame.
    """

    frames: NDArray[np.uint8]
    actions: NDArray[np.float32]
    log_probability: NDArray[np.float32]
    reward: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    valid: NDArray[np.bool_]


@dataclass(frozen=True)
class UpdateStatistics:
    """What one update did; names as in CleanRL."""

    policy_loss: float
    value_loss: float
    entropy: float
    approx_kl: float
    clipfrac: float
    explained_variance: float
    importance: float
    """Mean truncated weight of proximal over behaviour policy: 1 when nothing is stale."""
    samples: int
    seconds: float


def generalised_advantages(
    batch: Batch, values: NDArray[np.float32], discount_factor: float, gae_lambda: float
) -> NDArray[np.float32]:
    """Return advantages (S, T) of a batch whose frames have `values` (S, T + 1).

    A terminated step bootstraps from nothing, a truncated one from its last frame's value, and
    neither hands advantage on to the episode before it; invalid steps are 0.
    """
    advantages = np.zeros_like(batch.reward)
    running: NDArray[np.floating] = np.zeros(len(batch.reward), np.float32)
    ended = batch.terminated | batch.truncated
    for t in reversed(range(batch.reward.shape[1])):
        following = np.where(batch.terminated[:, t], 0.0, values[:, t + 1])
        delta = batch.reward[:, t] + discount_factor * following - values[:, t]
        running = delta + discount_factor * gae_lambda * np.where(ended[:, t], 0.0, running)
        running = np.where(batch.valid[:, t], running, 0.0)
        advantages[:, t] = running
    return advantages


class PPO:
    """Updates an actor-critic from batches; knows no files, logs or loops."""

    def __init__(self, network: ActorCritic, space: ActionSpace, config: PPOConfig, threads: int = 1) -> None:
        """Set up Adam and choose the number format.

        Args:
            network: Is updated in place.
            space: What its outputs mean.
            config: Hyperparameters.
            threads: They take the parts of a minibatch in turn; the update does not depend on how many they are.
                Beside a busy simulation that is far faster than torch's own threads, which meet at the end of
                every single operation.
        """
        self.network = network
        self.space = space
        self.config = config
        self._parameters = list(network.parameters())
        self._pool = ThreadPoolExecutor(threads, "gradient")
        self.optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate, eps=1e-5, fused=True)
        self.bfloat16 = {"float32": False, "bfloat16": True}.get(config.precision)
        if self.bfloat16 is None:
            self.bfloat16 = bfloat16_is_faster(network, config.minibatch_size)

    def _infer(self, blocks: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode():  # is a thread's own
            return self._forward(blocks)

    def _forward(self, blocks: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast("cpu", torch.bfloat16, enabled=bool(self.bfloat16)):
            outputs: tuple[Tensor, Tensor] = self.network(blocks)
        return outputs

    def update(self, batch: Batch) -> UpdateStatistics:
        """Run the configured epochs over one batch.

        Raises:
            NonFiniteLossError: if the loss or its gradient is not finite; that step is not taken.
        """
        started = time.monotonic()
        samples = self._prepare(batch)
        count = len(samples.weight)
        rows: list[Tensor] = []
        for _ in range(self.config.epochs):
            # Chunks of about the configured size: a small last one would be a noisy step.
            chunks = torch.randperm(count).chunk(max(1, round(count / self.config.minibatch_size)))
            rows.extend(self._step(samples, index) for index in chunks)
        policy_loss, value_loss, entropy, approx_kl, clipfrac = torch.stack(rows).mean(dim=0).tolist()
        spread = float(samples.returns.var())
        return UpdateStatistics(
            policy_loss=policy_loss,
            value_loss=value_loss,
            entropy=entropy,
            approx_kl=approx_kl,
            clipfrac=clipfrac,
            explained_variance=1.0 - float(samples.advantage.var()) / spread if spread > 0.0 else 0.0,
            importance=float(samples.weight.mean()),
            samples=count,
            seconds=time.monotonic() - started,
        )

    def _prepare(self, batch: Batch) -> "Samples":
        """Evaluate the proximal policy and its values on all frames; keep the valid steps."""
        config, (segments, steps) = self.config, batch.reward.shape
        frames = batch.frames.reshape(segments * (steps + 1), *batch.frames.shape[2:])
        blocks = self.network.arrange(frames)
        parts = list(self._pool.map(self._infer, blocks.chunk(math.ceil(len(blocks) / PART_SIZE))))
        outputs, values = (torch.cat(part).view(segments, steps + 1, -1) for part in zip(*parts, strict=True))
        frame_values = values.squeeze(2).numpy()
        advantages = generalised_advantages(batch, frame_values, config.discount_factor, config.gae_lambda)
        valid = torch.from_numpy(batch.valid)
        actions = torch.from_numpy(batch.actions)[valid]
        with torch.no_grad():
            proximal, _ = self.space.log_probability_and_entropy(outputs[:, :-1][valid], actions)
            behaviour = torch.from_numpy(batch.log_probability)[valid]
            weight = (proximal - behaviour).exp().clamp(max=config.max_importance)
        # Rows, columns, channels as they lie in memory: then picking samples copies whole frames.
        laid_out = blocks.permute(0, 2, 3, 1).view(segments, steps + 1, *blocks.shape[2:], blocks.shape[1])
        return Samples(
            blocks=laid_out[:, :-1][valid],
            actions=actions,
            log_probability=proximal.clone(),
            weight=weight.clone(),
            advantage=torch.from_numpy(advantages)[valid],
            returns=torch.from_numpy(advantages + frame_values[:, :-1])[valid],
        )

    def _step(self, samples: "Samples", index: Tensor) -> Tensor:
        """Take one gradient step on the samples of `index`; return the statistics up to clipfrac as (5,)."""
        advantage = samples.advantage[index]
        centre, spread = advantage.mean(), advantage.std() + 1e-8

        def gradients_of(part: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
            sample = samples.take(part)
            normalised = replace(sample, advantage=(sample.advantage - centre) / spread)
            return self._gradients(normalised, len(part) / len(index))

        results = list(self._pool.map(gradients_of, index.chunk(math.ceil(len(index) / PART_SIZE))))
        for parameter, *gradients in zip(self._parameters, *(gradients for gradients, _ in results), strict=True):
            # The fused Adam walks parameter and gradient together: they must lie alike in memory.
            parameter.grad = sum(gradients[1:], gradients[0]).contiguous()
        statistics = torch.stack([statistics for _, statistics in results]).sum(dim=0)
        norm = nn.utils.clip_grad_norm_(self._parameters, self.config.max_gradient_norm, foreach=True)
        if not bool(torch.isfinite(statistics).all() & torch.isfinite(norm)):
            raise NonFiniteLossError(
                f"policy loss, value loss, entropy {statistics[:3].tolist()}, expected finite numbers"
            )
        self.optimiser.step()
        return statistics

    def _gradients(self, sample: "Samples", share: float) -> tuple[tuple[Tensor, ...], Tensor]:
        """Return gradients and statistics of one part of a minibatch, weighted by its share of it."""
        config = self.config
        outputs, values = self._forward(sample.blocks.permute(0, 3, 1, 2))
        log_probability, entropy = self.space.log_probability_and_entropy(outputs, sample.actions)
        logratio = log_probability - sample.log_probability
        ratio = logratio.exp()
        clipped = ratio.clamp(1.0 - config.clip_range, 1.0 + config.clip_range)
        policy_loss = -(sample.weight * torch.min(ratio * sample.advantage, clipped * sample.advantage)).mean()
        value_loss = functional.smooth_l1_loss(values, sample.returns)
        mean_entropy = entropy.mean()
        loss = policy_loss + config.value_coefficient * value_loss - config.entropy_coefficient * mean_entropy
        gradients = torch.autograd.grad(share * loss, self._parameters)
        with torch.no_grad():
            approx_kl = (ratio - 1.0 - logratio).mean()
            clipfrac = ((ratio - 1.0).abs() > config.clip_range).float().mean()
            return gradients, share * torch.stack([policy_loss, value_loss, mean_entropy, approx_kl, clipfrac])


@dataclass(frozen=True, eq=False)
class Samples:
    """The valid transitions of a batch; all tensors have the same first dimension.

    Attributes:
        blocks: (B, rows, columns, channels) uint8, arranged frames.
        actions: (B, A).
        log_probability: (B,) under the proximal policy.
        weight: (B,) proximal over behaviour probability, truncated.
        advantage: (B,).
        returns: (B,) what the value should be.
    """

    blocks: Tensor
    actions: Tensor
    log_probability: Tensor
    weight: Tensor
    advantage: Tensor
    returns: Tensor

    def take(self, index: Tensor) -> "Samples":
        """Return the transitions of `index`."""
        return Samples(*(getattr(self, field.name).index_select(0, index) for field in fields(self)))


def bfloat16_is_faster(network: ActorCritic, count: int) -> bool:
    """Time one forward and backward pass of `count` frames in both number formats, best of three."""
    shape = (count, network.config.height, network.config.width, network.config.channels)
    blocks = network.arrange(np.zeros(shape, np.uint8))
    seconds = {}
    for enabled in (False, True):
        runs = []
        for _ in range(4):
            started = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                outputs, values = network(blocks)
            (outputs.sum() + values.sum()).backward()
            network.zero_grad()
            runs.append(time.perf_counter() - started)
        seconds[enabled] = min(runs[1:])
    return seconds[True] < seconds[False]
