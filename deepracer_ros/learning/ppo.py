# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Proximal policy optimisation (PPO) with a clipped objective and generalised advantage estimation.

Sources: Schulman et al., "Proximal Policy Optimization Algorithms", 2017; for advantages Schulman et al.,
"High-Dimensional Continuous Control Using Generalized Advantage Estimation", 2016. Experience may come from policies
that are a few versions old. So the ratio is clipped around the policy at the start of the update (the proximal
policy), and each sample is weighted by the truncated ratio of proximal to behaviour probability (Hilton, Cobbe and
Schulman, "Batch size-invariance for policy optimization", 2022).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.adam import Adam
from deepracer_ros.learning.advantages import generalised_advantages
from deepracer_ros.learning.batch import Batch
from deepracer_ros.learning.config import NetworkConfig, PPOConfig
from deepracer_ros.learning.distributions import find_distribution
from deepracer_ros.learning.learner import NonFiniteError, State, Update
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.learning.number_format import bfloat16_is_faster
from deepracer_ros.learning.parallel import Parts, add_up
from deepracer_ros.learning.return_scale import ReturnScale
from deepracer_ros.learning.weights import adopt_weights, load_state, to_policy_tensors, to_state
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import SensorSpec

STATISTICS = ("policy_loss", "value_loss", "entropy", "approx_kl", "clipfrac")
"""Names of the statistics of a gradient step, as in CleanRL."""


VALUE_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "huber": functional.smooth_l1_loss,
    "squared": functional.mse_loss,
}
"""Losses of the value by their names in the configuration."""


@dataclass(frozen=True, eq=False)
class Samples:
    """The valid transitions of a batch; all tensors have the same first dimension B.

    Attributes:
        prepared: Input tensor (B, ...) of each sensor's encoder, by the name of the sensor.
        actions: (B, A) actions.
        log_probability: (B,) log-probabilities of the actions under the proximal policy.
        importance: (B,) ratios of proximal to behaviour probability, truncated.
        advantage: (B,) advantages, in units of the returns' standard deviation.
        returns: (B,) targets of the value: normalised returns.
    """

    prepared: Mapping[str, Tensor]
    actions: Tensor
    log_probability: Tensor
    importance: Tensor
    advantage: Tensor
    returns: Tensor

    def take(self, rows: Tensor) -> "Samples":
        """Return the transitions with the row numbers `rows`."""
        tensors = (self.actions, self.log_probability, self.importance, self.advantage, self.returns)
        prepared = {name: block.index_select(0, rows) for name, block in self.prepared.items()}
        return Samples(prepared, *(tensor.index_select(0, rows) for tensor in tensors))


class PPO:
    """The `Learner` of proximal policy optimisation.

    Attributes:
        config: Hyperparameters.
        space: The action space.
        network: The actor-critic network.
        optimiser: Adam with the parameters of the network.
        scale: Mean and standard deviation of the returns; the network's value is a normalised return.
    """

    def __init__(
        self,
        network: NetworkConfig,
        sensors: Mapping[str, SensorSpec],
        actions: ActionSpaceConfig,
        config: PPOConfig,
        threads: int = 1,
    ) -> None:
        """Build the network and the optimiser, and choose the number format.

        Args:
            network: Configuration of the network.
            sensors: Specification of each recorded sensor by its name.
            actions: Configuration of the action space.
            config: Hyperparameters.
            threads: Number of threads of an update.
        """
        self.config, self.space, self._distribution = config, make_action_space(actions), find_distribution(actions)
        self.network = ActorCritic(network, sensors, self.space.outputs)
        self.optimiser = Adam(self.network.parameters(), config.learning_rate)
        self.scale = ReturnScale(self.network.value)
        self._parameters, self._parts = list(self.network.parameters()), Parts(threads)
        self._bfloat16 = config.precision == "bfloat16"
        if config.precision == "auto":
            blank = {name: np.zeros((config.minibatch_size, *spec.shape), spec.dtype) for name, spec in sensors.items()}
            self._bfloat16 = bfloat16_is_faster(self.network, self.network.prepare(blank))

    def update(self, batch: Batch) -> Update:
        """Update the network by the configured number of epochs over one batch.

        Raises:
            NonFiniteError: if the loss or its gradient is not finite; the gradient step is not taken.
        """
        samples = self._evaluate(batch)
        count = len(samples.returns)
        rows: list[Tensor] = []
        for _ in range(self.config.epochs):
            # All minibatches have about the configured size, because a small last one would give a noisy step.
            minibatches = torch.randperm(count).chunk(max(1, round(count / self.config.minibatch_size)))
            rows.extend(self._step(samples, minibatch) for minibatch in minibatches)
        statistics = dict(zip(STATISTICS, torch.stack(rows).mean(dim=0).tolist(), strict=True))
        variance = float(samples.returns.var())
        explained = 1.0 - float(samples.advantage.var()) / variance if variance > 0.0 else 0.0
        importance = float(samples.importance.mean())
        return Update(count, statistics | {"explained_variance": explained, "importance": importance})

    def _evaluate(self, batch: Batch) -> Samples:
        """Evaluate the proximal policy and the value on all observations; return the valid transitions."""
        config, (segments, steps) = self.config, batch.reward.shape
        flat = {name: block.reshape(-1, *block.shape[2:]) for name, block in batch.observations.items()}
        prepared = self.network.prepare(flat)

        def infer(rows: Tensor) -> tuple[Tensor, Tensor]:
            with torch.inference_mode():  # the mode belongs to a thread, so each thread sets it
                return self._forward({name: block[rows[0] : rows[-1] + 1] for name, block in prepared.items()})

        parts = self._parts.map(infer, torch.arange(segments * (steps + 1)))
        outputs, values = (torch.cat(part).view(segments, steps + 1, -1) for part in zip(*parts, strict=True))
        value = self.scale.restore(values.squeeze(2)).numpy()
        advantages = generalised_advantages(batch, value, config.discount_factor, config.gae_lambda)
        valid = torch.from_numpy(batch.valid)
        returns = torch.from_numpy(advantages + value[:, :-1])[valid]
        self.scale.update(returns)
        encoded = self.space.encode(batch.steering.reshape(-1), batch.speed.reshape(-1))
        actions = torch.from_numpy(encoded).view(segments, steps, -1)[valid]
        with torch.no_grad():
            proximal, _ = self._distribution(outputs[:, :-1][valid], actions)
            behaviour = torch.from_numpy(batch.log_probability)[valid]
            importance = (proximal - behaviour).exp().clamp(max=config.max_importance)
        return Samples(
            prepared={
                name: block.view(segments, steps + 1, *block.shape[1:])[:, :-1][valid]
                for name, block in prepared.items()
            },
            actions=actions,
            log_probability=proximal.clone(),
            importance=importance.clone(),
            advantage=torch.from_numpy(advantages)[valid] / self.scale.deviation,
            returns=self.scale.normalise(returns),
        )

    def _step(self, samples: Samples, minibatch: Tensor) -> Tensor:
        """Take one gradient step on the rows of a minibatch; return the `STATISTICS` (5,)."""
        advantage = samples.advantage[minibatch]
        mean, deviation = advantage.mean(), advantage.std() + 1e-8

        def differentiate(rows: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
            sample = samples.take(rows)
            loss, statistics = self._loss(replace(sample, advantage=(sample.advantage - mean) / deviation))
            share = len(rows) / len(minibatch)
            return torch.autograd.grad(share * loss, self._parameters), share * statistics

        results = self._parts.map(differentiate, minibatch)
        statistics = torch.stack([part for _, part in results]).sum(dim=0)
        for parameter, gradient in zip(self._parameters, add_up([part for part, _ in results]), strict=True):
            parameter.grad = gradient
        norm = nn.utils.clip_grad_norm_(self._parameters, self.config.max_gradient_norm, foreach=True)
        if not bool(torch.isfinite(statistics).all() & torch.isfinite(norm)):
            found = dict(zip(STATISTICS, statistics.tolist(), strict=True))
            raise NonFiniteError(f"learner: found {found}, expected finite numbers")
        self.optimiser.step()
        return statistics

    def _loss(self, sample: Samples) -> tuple[Tensor, Tensor]:
        """Return the clipped surrogate loss with value loss and entropy bonus, and the `STATISTICS` (5,)."""
        config = self.config
        outputs, values = self._forward(sample.prepared)
        log_probability, entropy = self._distribution(outputs, sample.actions)
        logratio = log_probability - sample.log_probability
        ratio = logratio.exp()
        clipped = ratio.clamp(1.0 - config.clip_range, 1.0 + config.clip_range)
        surrogate = torch.min(ratio * sample.advantage, clipped * sample.advantage)
        policy_loss = -(sample.importance * surrogate).mean()
        value_loss = VALUE_LOSSES[config.value_loss](values, sample.returns)
        mean_entropy = entropy.mean()
        loss = policy_loss + config.value_coefficient * value_loss - config.entropy_coefficient * mean_entropy
        with torch.no_grad():
            approx_kl = (ratio - 1.0 - logratio).mean()
            clipfrac = ((ratio - 1.0).abs() > config.clip_range).float().mean()
            return loss, torch.stack([policy_loss, value_loss, mean_entropy, approx_kl, clipfrac])

    def _forward(self, prepared: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            outputs: tuple[Tensor, Tensor] = self.network(prepared)
        return outputs

    def configure(self, config: PPOConfig) -> None:
        """Use other hyperparameters from the next update on; the number format stays.

        Args:
            config: Hyperparameters.
        """
        self.config, self.optimiser.learning_rate = config, config.learning_rate

    def state(self) -> State:
        """Return copies of the weights, Adam's moments, the statistics of the returns, and torch's random state."""
        return to_state(self.network, self.optimiser) | self.scale.state()

    def load(self, state: State) -> None:
        """Restore a state that `state` returned.

        Raises:
            ValueError: if the state belongs to another network; the message names the first difference.
        """
        load_state(state, self.network, self.optimiser)
        self.scale.load(state)

    def adopt(self, tensors: Mapping[str, NDArray[np.float32]]) -> tuple[str, ...]:
        """Begin with the weights of another policy, as far as they fit; the value is one of normalised returns.

        Args:
            tensors: Weights by name, in the form of a policy file. A head that is missing stays as it is.

        Returns:
            Names of the weights that stay as they are.

        Raises:
            ValueError: if the trunk is another one; the message names the first difference.
        """
        return adopt_weights(tensors, self.network, ("policy.", "value.", "critic."))

    def policy_tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return copies of the network's weights by name, in the form of a policy file.

        Raises:
            NonFiniteError: if a weight is NaN or infinite.
        """
        return to_policy_tensors(self.network)
