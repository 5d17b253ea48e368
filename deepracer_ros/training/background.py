# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Evaluations in a thread of their own, beside the updates of the learner."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from deepracer_ros.models.policy_file import Tensors
from deepracer_ros.training.parts import Evaluator
from deepracer_ros.training.score import Score


@dataclass(frozen=True)
class Evaluated:
    """The evaluation of a model.

    Attributes:
        version: Version of the model, when it is published; None if its publication is given up.
        env_steps: Number of environment steps trained on before the model.
        result: Laps and times.
        is_whole: Whether every lap was driven to its end; otherwise the first failure ended the evaluation.
        ended: Time of its end, s, of `time.monotonic`.
    """

    version: Future[int | None]
    env_steps: int
    result: Score
    is_whole: bool
    ended: float

    @property
    def is_perfect(self) -> bool:
        """Whether every lap was completed."""
        return self.result.laps_completed == self.result.laps_attempted


class BackgroundEvaluator:
    """Evaluates one model at a time in a thread, while the trainer goes on."""

    def __init__(self, evaluator: Evaluator) -> None:
        """Start the thread.

        Args:
            evaluator: Evaluates the models; used by the thread alone until `close`.
        """
        self._evaluator = evaluator
        self._pool = ThreadPoolExecutor(1, "evaluator")
        self._running: Future[Evaluated] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no evaluation runs, and the last result was taken."""
        return self._running is None

    def start(self, tensors: Tensors, version: Future[int | None], env_steps: int, whole: bool) -> None:
        """Start to evaluate a model; `is_idle` must hold.

        Args:
            tensors: Weights of the policy, float32 arrays by name.
            version: Version of the model, when it is published.
            env_steps: Number of environment steps trained on before the model.
            whole: Whether to drive every lap to its end; otherwise the first failure ends the evaluation.
        """
        self._running = self._pool.submit(self._evaluate, tensors, version, env_steps, whole)

    def take(self, wait: bool = False) -> Evaluated | None:
        """Return the result of the evaluation that was started, once; None if there is none yet.

        Args:
            wait: Whether to wait for the end of an evaluation that runs.

        Raises:
            InputError: if the simulator of the evaluation failed.
        """
        if self._running is None or not (wait or self._running.done()):
            return None
        running, self._running = self._running, None
        return running.result()

    def _evaluate(self, tensors: Tensors, version: Future[int | None], env_steps: int, whole: bool) -> Evaluated:
        result = self._evaluator.evaluate(tensors, whole)
        is_whole = whole or result.laps_completed == result.laps_attempted
        return Evaluated(version, env_steps, result, is_whole, time.monotonic())

    def close(self) -> None:
        """Wait for the end of an evaluation that runs, and close the evaluator."""
        self._pool.shutdown()
        self._evaluator.close()
