# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ROS node that answers camera frames with drive commands and reloads models while driving."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image, JointState
from std_msgs.msg import String

from deepracer_ros.errors import InputError
from deepracer_ros.learning.policy import Policy, RandomPolicy
from deepracer_ros.models.folder import read_model_path
from deepracer_ros.models.store import ModelStore
from deepracer_ros.nodes.base import Diagnostics, Rate, every, make_node, run
from deepracer_ros.nodes.gatherer import Gatherer
from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.announcement import from_published
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.messages.encodings import decode_compressed
from deepracer_ros.nodes.messages.images import from_image, to_image
from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.nodes.outputs.commands import CarCommands
from deepracer_ros.nodes.parameters import follow_changes, read_config, read_place
from deepracer_ros.nodes.qos import LATCHED, NEWEST, recorded
from deepracer_ros.simulation.sensors import CAMERA
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.policies import make_policy
from deepracer_ros.training.reload import ModelLoader
from deepracer_ros.training.tuning import tune_process

CHANGEABLE = ("agent.max_age", "agent.speed_limit")
"""Keys that may change while the agent drives."""

RANDOM = "random"
"""Name of the random policy in place of a model version."""

SWAP_SECONDS = 0.02
"""Interval at which the node looks for a loaded model, s."""


class AgentNode:
    """The agent: it answers every camera frame with a command of the newest usable model.

    Attributes:
        node: The ROS node.
        finished: Always False; the agent runs until a signal.
    """

    finished = False

    def __init__(self) -> None:
        """Read the parameters, start the model loader, and open the topics.

        Raises:
            InputError: on wrong parameters, a model that cannot be read, or an S3 server that does not answer.
        """
        tune_process()
        self.node = make_node("agent")
        config, place = read_config(self.node, CHANGEABLE), read_place(self.node)
        self._run = place.run
        self._config = config
        self._generator = np.random.default_rng([config.seed, place.job, 1])
        self._policy: Policy | RandomPolicy | None = RandomPolicy(config.actions)
        self._model, version, sha256 = RANDOM, 0, ""
        self._loader: ModelLoader | None = None
        if config.agent.model:
            model = read_model_path(Path(config.agent.model))
            version, sha256 = model.manifest.version, model.manifest.sha256
            self._policy, self._model = make_policy(model), str(version)
        elif not config.agent.random_before_model:
            self._policy, self._model = None, "none"
        reads = self._policy.reads if isinstance(self._policy, Policy) else config.network.reads
        if config.agent.live_camera and set(reads) != {CAMERA}:
            raise InputError(f"model reads {', '.join(reads)}: expected {CAMERA} alone on a car (agent.live_camera)")
        self._names: list[str] = []
        self._image = Image()
        self._answer: JointState | None = None
        self._frames, self._inputs = Rate(), Inputs(self.node)
        self._drive = self.node.create_publisher(JointState, "drive", recorded(config.window))
        self._car = CarCommands(self.node, self._drive, config) if config.simulation.cars == 1 else None
        self._driving = self.node.create_publisher(String, "agent/model", LATCHED)
        self._announce(version, sha256)
        if not config.agent.model:
            self._loader = ModelLoader(ModelStore(config.models, place.run), place.run)
            # A timer too, since no frame arrives while the simulation waits for the trainer.
            self._swapping = every(self.node, SWAP_SECONDS, self._swap)
            self._inputs.subscribe(String, "/model/published", self._on_published, LATCHED)
        quality = qos_profile_sensor_data if config.agent.live_camera else NEWEST
        self._gatherer = Gatherer(self._inputs, reads, config, NEWEST, self._decide)
        if config.agent.image_transport == "compressed":
            self._inputs.subscribe(CompressedImage, "camera/image_raw/compressed", self._on_compressed, quality)
        else:
            self._inputs.subscribe(Image, "camera/image_raw", self._on_image, quality)
        follow_changes(self.node, config, self._reconfigure)
        self._diagnostics = Diagnostics(self.node, self._report)

    def _reconfigure(self, config: RunConfig) -> None:
        if self._car is not None and config.agent.max_age != self._config.agent.max_age:
            self._car.set_max_age(config.agent.max_age)
        self._config = config

    def _on_published(self, message: String) -> None:
        if self._loader is not None:
            self._loader.look(from_published(message, self._run))

    def _on_compressed(self, message: CompressedImage) -> None:
        self._on_image(to_image(decode_compressed(message)[None], message.header.stamp))

    def _on_image(self, message: Image) -> None:
        live = self._config.agent.live_camera  # a camera that repeats its frame has frozen
        repeated = not live and message.header.stamp == self._image.header.stamp and message.data == self._image.data
        if not self._swap() and repeated and self._answer is not None:
            self._drive.publish(self._answer)  # without a new random draw, so that the run stays reproducible
            return
        self._image, self._answer = message, None
        if self._gatherer.is_needed:
            self._gatherer.put(message)
        else:
            self._decide(message, {})

    def _decide(self, message: Image, others: dict[str, NDArray[Any]]) -> None:
        """Answer a frame, given the other observations of its stamp by sensor name."""
        # The camera of a car may have any height, so the number of stacked frames is configured.
        frames = from_image(message, max(1, message.height // self._config.simulation.cars))
        if len(self._names) != len(frames):
            self._names = [f"car_{index}" for index in range(len(frames))]
        late = self._config.agent.live_camera and self._is_late(message)
        if self._policy is None or late:
            zeros = np.zeros(len(frames))
            self._publish(zeros, zeros, np.zeros(len(frames), np.float32), message)
            return
        explores = self._config.agent.explore or isinstance(self._policy, RandomPolicy)
        decision = self._policy.act({CAMERA: frames, **others}, self._generator if explores else None)
        self._publish(decision.steering, decision.speed, decision.log_probability, message)
        self._frames.count += len(frames)

    def _is_late(self, message: Image) -> bool:
        """Return whether the stamp of a frame is too far from the present time; count and report such frames."""
        age = 1e-9 * (self.node.get_clock().now().nanoseconds - to_nanoseconds(message.header.stamp))
        limit = self._config.agent.max_age
        if abs(age) <= limit:
            return False
        self._inputs.refuse(
            f"camera/image_raw: found a frame {age:.2f} s old, expected at most {limit:g} s; the car stops"
        )
        return True

    def _publish(
        self,
        steering: NDArray[np.float64],
        speed: NDArray[np.float64],
        log_probability: NDArray[np.float32],
        message: Image,
    ) -> None:
        """Publish the answer to a frame; a car whose command is not finite stops and is counted."""
        bad = ~(np.isfinite(steering) & np.isfinite(speed) & np.isfinite(log_probability))
        if bad.any():
            self._inputs.refuse(
                f"model {self._model}: found NaN or infinity, expected finite commands; those cars stop"
            )
            steering, speed, log_probability = (np.where(bad, 0.0, a) for a in (steering, speed, log_probability))
        speed = np.minimum(speed, self._config.agent.speed_limit)
        if self._car is not None and not self._car.is_guarded():
            self._inputs.refuse("command_guard: found none that reaches every receiver, expected one; the car stands")
            steering, speed = np.zeros_like(steering), np.zeros_like(speed)
        self._answer = to_drive(
            steering, speed, np.asarray(log_probability), self._names, self._model, message.header.stamp
        )
        if self._car is not None:
            self._car.publish(float(steering[0]), float(speed[0]), message.header.stamp)
        self._drive.publish(self._answer)

    def _swap(self) -> bool:
        """Change to a newly loaded model between two frames; return whether there was one."""
        loaded = self._loader.take() if self._loader is not None else None
        if loaded is None:
            return False
        self._policy, self._model = loaded.policy, str(loaded.version)
        self._announce(loaded.version, loaded.sha256)
        return True

    def _announce(self, version: int, sha256: str) -> None:
        text = json.dumps({"model": self._model, "version": version, "sha256": sha256, "since": time.time()})
        self._driving.publish(String(data=text))

    def _report(self) -> dict[str, object]:
        error = self._inputs.take_error()
        figures: dict[str, object] = {
            "error": error,
            "frames_per_second": self._frames.take(),
            "model": self._model,
            "bad_frames": self._inputs.refused,
            "dropped_observations": self._gatherer.dropped,
        }
        if self._loader is not None:
            figures |= {
                "error": self._loader.error or error,
                "reloads": self._loader.reloads,
                "refused_models": self._loader.refused,
                "reload_ms": round(1e3 * self._loader.last_seconds, 1),
            }
        return figures

    def close(self) -> None:
        """Stop the car and the model loader."""
        if self._car is not None:
            self._car.close()
        if self._loader is not None:
            self._loader.close()


def main() -> int:
    """Run the agent until a signal, and return the exit code."""
    return run([AgentNode])


if __name__ == "__main__":
    sys.exit(main())
