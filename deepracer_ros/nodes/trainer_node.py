# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ROS node that runs the trainer and announces every published model."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from std_msgs.msg import String

from deepracer_ros.engine.processes import FATAL, PREFIX
from deepracer_ros.errors import InputError
from deepracer_ros.experience.bulletin import Bulletin
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.learning.learner import NonFiniteError
from deepracer_ros.models.policy_file import Manifest
from deepracer_ros.models.store import ModelStore
from deepracer_ros.nodes.base import make_node, run
from deepracer_ros.nodes.diagnostics import Diagnostics, Health
from deepracer_ros.nodes.messages.announcement import to_published
from deepracer_ros.nodes.parameters import follow_changes, read_config, read_place
from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.nodes.timers import Increase
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.services.record import keys_of_run
from deepracer_ros.training.batches import check_experience
from deepracer_ros.training.parts import make_parts
from deepracer_ros.training.trainer import Trainer

CHANGEABLE = ("learning.learning_rate", "learning.entropy_coefficient")
"""Keys that may change while the trainer runs."""
BULLETIN_PATIENCE = 2.0
"""How long the trainer tries to tell something while Redis does not answer, s."""


class TrainerNode:
    """The trainer, which runs in its own thread while the node's thread handles ROS and signals.

    Attributes:
        node: The ROS node.
    """

    def __init__(self) -> None:
        """Read the parameters, connect to Redis and S3, and start the training.

        Raises:
            InputError: on wrong parameters, or if Redis, S3 or the run folder cannot be used.
        """
        self.node = make_node("trainer")
        config, place = read_config(self.node, CHANGEABLE), read_place(self.node)
        check_experience(config)
        folder = RunFolder(Path(place.folder or f"runs/{place.run}").absolute())
        folder.path.mkdir(parents=True, exist_ok=True)
        self._published = self.node.create_publisher(String, "model/published", LATCHED)
        with ExitStack() as held:
            self._reader = ExperienceReader(config.experience.url, place.run)
            held.callback(self._reader.close)
            keys = keys_of_run(folder.services, config.models.endpoint)
            models = ModelStore(config.models, place.run, keys)
            parts = make_parts(config, folder, place.run, keys)
            held.callback(parts.checkpoints.close)
            self._bulletin = Bulletin(config.experience.url, place.run, BULLETIN_PATIENCE)
            held.callback(self._bulletin.close)
            self._trainer = Trainer(config, place.run, parts, self._reader, models, self._announce)
            self._bulletin.tell("running")
            held.pop_all()
        self._lost = Increase()
        follow_changes(self.node, config, self._trainer.reconfigure)
        self._diagnostics = Diagnostics(self.node, self._report)
        self._stop = threading.Event()
        self._training = ThreadPoolExecutor(1, "trainer").submit(self._trainer.run, self._stop)

    @property
    def finished(self) -> bool:
        """Whether the training has ended; if it ended by an error, `close` raises it."""
        return self._training.done()

    def _announce(self, manifest: Manifest) -> None:
        message = to_published(manifest, time.time())
        self._published.publish(message)
        with suppress(InputError):  # Redis is away: agents elsewhere find the model in S3
            self._bulletin.announce(message.data)

    def _report(self) -> Health:
        progress, counts = self._trainer.progress, self._trainer.counts
        lost = self._lost.take(self._trainer.lost_records)
        figures = {
            "updates": progress.updates,
            "env_steps": progress.env_steps,
            "env_steps_per_second": round(self._trainer.rate.value, 1),
            "model": progress.version,
            "publish_ms": round(1e3 * self._trainer.publish_seconds, 1),
            "waited_seconds": round(counts.waited_seconds, 1),
            "lost_records": self._trainer.lost_records,
            **vars(self._reader.counts),
        }
        return Health(
            error=self._trainer.waiting or self._trainer.sink_trouble,
            warning=f"sinks: {lost} progress records lost in the last second" if lost else "",
            figures=figures,
        )

    def close(self) -> None:
        """Stop the training after the current update.

        Raises:
            InputError: if the training ended by this error.
            SystemExit: with code 3 if the loss or a weight became NaN.
        """
        self._stop.set()
        try:
            self._training.result()
            if self._trainer.is_over:
                self._bulletin.tell("done")
        except NonFiniteError as error:
            words = f"trainer: {error}; the last good model stays"
            with suppress(InputError):
                self._bulletin.tell("failed", words)
            print(f"{PREFIX}{words}", file=sys.stderr, flush=True)
            raise SystemExit(FATAL) from None
        finally:
            self._trainer.close()
            self._bulletin.close()


def main() -> int:
    """Run the trainer until its configured end (exit code 0) or a signal, and return the exit code."""
    import deepracer_ros.learning.parallel  # noqa: F401 - imports torch, while the servers start

    return run([TrainerNode], tell_signal=True)


if __name__ == "__main__":
    sys.exit(main())
