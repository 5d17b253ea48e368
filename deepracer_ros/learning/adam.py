# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The Adam optimiser over torch's fused kernel.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015. The class `torch.optim.Adam` calls the same
kernel and holds the same state, but imports torch's compiler, which takes 1.6 s at each start of a trainer.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim.adam import adam


class Adam:
    """Adam without weight decay.

    Attributes:
        learning_rate: Step size; it may be changed between two steps.
        state: Of each parameter, from its first step: `step` (), `exp_avg` and `exp_avg_sq` with its shape, float32.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], learning_rate: float, epsilon: float = 1e-5) -> None:
        """Keep the parameters.

        Args:
            parameters: The parameters to optimise, float32.
            learning_rate: Step size.
            epsilon: Added to the root of the second moment.
        """
        self.learning_rate, self._epsilon = learning_rate, epsilon
        self._parameters: list[Tensor] = list(parameters)
        self.state: dict[Tensor, dict[str, Tensor]] = {}

    @torch.no_grad()
    def step(self) -> None:
        """Take one step along the gradients of all parameters.

        Raises:
            ValueError: if a parameter has no gradient.
        """
        gradients, first, second, steps = [], [], [], []
        for parameter in self._parameters:
            if parameter.grad is None:
                raise ValueError("parameter: found no gradient, expected one for each parameter")
            moments = self.state.get(parameter) or self._begin(parameter)
            gradients.append(parameter.grad)
            first.append(moments["exp_avg"])
            second.append(moments["exp_avg_sq"])
            steps.append(moments["step"])
        adam(
            self._parameters, gradients, first, second, [], steps, fused=True, amsgrad=False, maximize=False,
            beta1=0.9, beta2=0.999, lr=self.learning_rate, weight_decay=0.0, eps=self._epsilon,
        )  # fmt: skip

    def _begin(self, parameter: Tensor) -> dict[str, Tensor]:
        moments = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
        self.state[parameter] = {"step": torch.zeros(()), **moments}
        return self.state[parameter]
