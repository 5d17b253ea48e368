# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the agent does between its configuration and its clean-up: it answers frames and reloads models."""

import json
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image, JointState
from std_msgs.msg import String

from deepracer_ros.errors import InputError
from deepracer_ros.learning.policy import Decision, Policy, RandomPolicy
from deepracer_ros.models.folder import read_model_path
from deepracer_ros.nodes.camera_reader import CameraReader
from deepracer_ros.nodes.diagnostics import Health
from deepracer_ros.nodes.frame_watch import SILENT_SECONDS, FrameWatch
from deepracer_ros.nodes.gatherer import Gatherer
from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.announcement import from_published
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.messages.encodings import decode_compressed
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.nodes.outputs.commands import CarCommands
from deepracer_ros.nodes.qos import LATCHED, NEWEST, recorded
from deepracer_ros.nodes.timers import Increase, Rate, every
from deepracer_ros.simulation.sensors import CAMERA, Observations
from deepracer_ros.training.config import Place, RunConfig
from deepracer_ros.training.policies import make_policy

RANDOM = "random"
"""Name of the random policy in place of a model version."""

SWAP_SECONDS = 0.02
"""Interval at which a loaded model is looked for, s."""


class Driver:
    """Answers every camera frame with a command of the newest usable model, while it is active.

    Attributes:
        active: Whether frames are answered.
    """

    def __init__(self, node: Node, config: RunConfig, place: Place) -> None:
        """Load the model or start the model loader, and open the topics.

        Args:
            node: ROS node of the agent.
            config: Configuration of the run.
            place: Place of the agent in the run.

        Raises:
            InputError: if the model cannot be read or does not fit the car, or the S3 server does not answer.
        """
        self.active = False
        self._node, self._run, self._config = node, place.run, config
        self._generator = np.random.default_rng([config.seed, place.job, 1])
        self._policy: Policy | RandomPolicy | None = RandomPolicy(config.actions)
        self._model, self._loader = RANDOM, None
        self._explored = 0
        version, sha256 = self._read_model()
        if not config.agent.model and not config.agent.random_before_model:
            self._policy, self._model = None, "none"
        self._reads = self._policy.reads if isinstance(self._policy, Policy) else config.network.reads
        if config.agent.live_camera and set(self._reads) != {CAMERA}:
            reads = ", ".join(self._reads)
            raise InputError(f"model reads {reads}: expected {CAMERA} alone on a car (agent.live_camera)")
        if not config.agent.model:
            from deepracer_ros.models.store import ModelStore  # with the next ones imports boto3: a car needs none
            from deepracer_ros.run.folder import RunFolder
            from deepracer_ros.services.record import keys_of_run
            from deepracer_ros.training.reload import ModelLoader

            services = RunFolder(Path(place.folder)).services
            keys = keys_of_run(services, config.models.endpoint) if place.folder else None
            self._loader = ModelLoader(ModelStore(config.models, place.run, keys), place.run, self._reads)
        published = 1 if config.agent.live_camera else config.camera.stack_size
        self._camera = CameraReader(config.simulation.cars, published)
        self._names: list[str] = []
        self._image = Image()
        self._answer: JointState | None = None
        self._frames, self._inputs = Rate(), Inputs(node)
        self._watch, self._losses = FrameWatch() if config.agent.live_camera else None, Increase()
        self._drive = node.create_publisher(JointState, "drive", recorded(config.window))
        self._car: CarCommands | None = None
        if config.simulation.cars == 1:
            self._car = CarCommands(node, self._drive, config, place.frame_prefix)
        self._driving = node.create_publisher(String, "agent/model", LATCHED)
        self._announce(version, sha256)
        # A timer too, since no frame arrives while the simulation waits for the trainer.
        if self._loader is not None:
            every(node, SWAP_SECONDS, self._swap)
        self._gatherer = self._subscribe(self._reads)

    def _read_model(self, available: Collection[str] | None = None) -> tuple[int, str]:
        """Read the configured model folder, if there is one; return version and hash of the model.

        Args:
            available: Names of the sensors that the policy can be given; None allows all.
        """
        if not self._config.agent.model:
            return 0, ""
        model = read_model_path(Path(self._config.agent.model))
        self._policy, self._model = make_policy(model, available), str(model.manifest.version)
        return model.manifest.version, model.manifest.sha256

    def _subscribe(self, reads: Sequence[str]) -> Gatherer:
        """Subscribe to frames, other observations and announcements of models."""
        agent, inputs = self._config.agent, self._inputs
        if self._loader is not None:
            inputs.subscribe(String, "model/published", self._on_published, LATCHED)
        gatherer = Gatherer(inputs, reads, self._config, NEWEST, self._decide)
        quality = qos_profile_sensor_data if agent.live_camera else NEWEST
        if agent.image_transport == "compressed":
            inputs.subscribe(CompressedImage, "camera/image_raw/compressed", self._on_compressed, quality)
        else:
            inputs.subscribe(Image, "camera/image_raw", self._on_image, quality)
        return gatherer

    def reload(self) -> str:
        """Read the model folder again, or look for a newer model of the run; return what was done.

        Raises:
            InputError: if the model folder cannot be read, or its model reads a sensor to which the agent has not
                subscribed; the old model stays.
        """
        if self._loader is not None:
            self._loader.look(None)
            return "looks for a newer model"
        self._announce(*self._read_model(self._reads))
        return f"drives with version {self._model}"

    def choose(self, version: int) -> str:
        """Drive with a version of the run's models from now on; return what is done.

        Args:
            version: Version of the model; 0: the newest one, and every later one.

        Raises:
            InputError: if the agent drives with the model in a folder.
        """
        if self._loader is None:
            raise InputError(
                "set_model: found an agent with agent.model, expected one that follows the models of a run"
            )
        self._loader.choose(version)
        return f"loads version {version}" if version else "follows the newest model"

    def stop(self) -> None:
        """Answer no more frames, and stop the car."""
        self.active = False
        if self._car is not None:
            self._car.stop()

    def reconfigure(self, config: RunConfig) -> None:
        """Use changed keys from now on.

        Args:
            config: Configuration of the run, in which only changeable keys may differ.
        """
        if self._car is not None and config.agent.max_age != self._config.agent.max_age:
            self._car.set_max_age(config.agent.max_age)
        self._config = config

    def _on_published(self, message: String) -> None:
        if self._loader is not None:
            self._loader.look(from_published(message, self._run))

    def _on_compressed(self, message: CompressedImage) -> None:
        self._on_image(to_image(decode_compressed(message)[None], message.header.stamp))

    def _on_image(self, message: Image) -> None:
        if not self.active:
            return
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
        network = self._policy.network_config if isinstance(self._policy, Policy) else self._config.network
        frames = self._camera.read(message, network)
        if len(self._names) != len(frames):
            self._names = [f"car_{index}" for index in range(len(frames))]
        late = self._watch is not None and self._is_late(message, self._watch)
        if self._policy is None or late:
            zeros = np.zeros(len(frames))
            self._publish(zeros, zeros, np.zeros(len(frames), np.float32), message)
            return
        decision = self._act(self._policy, {CAMERA: frames, **others}, len(frames))
        self._publish(decision.steering, decision.speed, decision.log_probability, message)
        self._frames.count += len(frames)

    def _act(self, policy: Policy | RandomPolicy, observations: Observations, cars: int) -> Decision:
        if isinstance(policy, RandomPolicy):
            return policy.act(observations, self._generator)
        if not self._config.agent.explore:
            return policy.act(observations)
        epsilon = self._config.agent.epsilon_after(self._explored)
        self._explored += cars
        return policy.act(observations, self._generator, epsilon)

    def _is_late(self, message: Image, watch: FrameWatch) -> bool:
        """Return whether the stamp of a frame is too far from the present time; count and report such frames."""
        stamp, now = to_nanoseconds(message.header.stamp), self._node.get_clock().now().nanoseconds
        age = 1e-9 * (now - stamp)
        watch.note(1e-9 * stamp, 1e-9 * now)
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

    def health(self) -> Health:
        """Return the health of the agent for its diagnostics."""
        figures: dict[str, object] = {
            "frames_per_second": self._frames.take(),
            "model": self._model,
            "bad_frames": self._inputs.refused,
            "dropped_observations": self._gatherer.dropped,
        }
        error, stale, warning = self._inputs.take_error(), "", self._inputs.warning()
        if self._watch is not None:
            lost, age = self._losses.take(self._watch.lost), self._watch.take_oldest()
            figures |= {"lost_frames": self._watch.lost, "frame_age_ms": round(1e3 * age, 1)}
            if (silent := self._watch.silent_seconds) > SILENT_SECONDS:
                stale = f"camera: found no frame for {silent:.0f} s"
            warning = warning or (f"camera: {lost} frames lost in the last second" if lost else "")
            if age > 0.5 * self._config.agent.max_age:
                warning = warning or f"camera: found a frame {1e3 * age:.0f} ms old, more than half of agent.max_age"
        if self._loader is not None:
            error = self._loader.error or error
            figures |= {
                "reloads": self._loader.reloads,
                "refused_models": self._loader.refused,
                "reload_ms": round(1e3 * self._loader.last_seconds, 1),
            }
        return Health(error, stale, warning, figures)

    def close(self) -> None:
        """Stop the car and the model loader."""
        self.active = False
        if self._car is not None:
            self._car.close()
        if self._loader is not None:
            self._loader.close()
