# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The actor of a network in numpy: a process that only drives needs no torch, and starts seconds sooner.

The layers and the names of their weights are those of `learning.network`, which trains them.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.learning.architectures import ARCHITECTURES
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.frames import FRAME_MEAN, FRAME_SCALE, first_block, to_blocks
from deepracer_ros.simulation.sensors import Observations, SensorSpec

Floats = NDArray[np.float32]
Shapes = dict[str, tuple[int, ...]]

VECTOR_FEATURES = 64
"""Number of features that are computed from a list of numbers."""
PART_SIZE = 16
"""Number of frames that are computed together: their patches fit in a core's cache."""
EPSILON = 1e-5
"""Number that is added to a variance before a division by its root, as torch does in a normalisation."""


def _odd_weights() -> np.errstate:
    """Return a context without warnings: finite weights may overflow, and whoever uses the outputs checks them."""
    return np.errstate(over="ignore", invalid="ignore")


def relu(x: Floats) -> Floats:
    """Return max(x, 0), in the place of x."""
    return np.maximum(x, np.float32(0.0), out=x)


ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {"relu": relu, "tanh": np.tanh}
"""Functions after a layer, by name in `Architecture.activation`."""


def is_image(spec: SensorSpec) -> bool:
    """Return whether a sensor's observations are images, which convolutions read; others are lists of numbers."""
    return spec.dtype == "|u1" and len(spec.shape) >= 2


def weight_shapes(config: NetworkConfig, sensors: Mapping[str, SensorSpec], outputs: int) -> Shapes:
    """Return the shape of each weight of a network by its name.

    Args:
        config: Size of the network and names of the sensors that it reads.
        sensors: Specification by name of at least the sensors that the network reads.
        outputs: Number of outputs of the policy head.
    """
    shapes: Shapes = {}
    features = {"encoders": 0, "critic": 0}
    for part, names in (("encoders", config.reads), ("critic", config.critic_reads)):
        for name in names:
            found, count = _encoder_shapes(config, sensors[name])
            shapes |= {f"{part}.{name}.{weight}": shape for weight, shape in found.items()}
            features[part] += count
    before = features["encoders"]
    for layer, units in zip(hidden_names(config), ARCHITECTURES[config.size].hidden, strict=True):
        shapes |= {f"{layer}.weight": (units, before), f"{layer}.bias": (units,)}
        before = units
    shapes |= {"policy.weight": (outputs, before), "policy.bias": (outputs,)}
    return shapes | {"value.weight": (1, before + features["critic"]), "value.bias": (1,)}


def hidden_names(config: NetworkConfig) -> list[str]:
    """Return the names of the hidden layers of a network, in their order."""
    return ["hidden", *(f"further.{number}" for number in range(len(ARCHITECTURES[config.size].hidden) - 1))]


def _convolution_name(number: int) -> str:
    return f"rest.{number - 1}" if number else "first"


def convolutions_of(tensors: Mapping[str, Floats], config: NetworkConfig) -> list[tuple[Floats, Floats, int]]:
    """Return weight (features, channels, kernel, kernel), bias (features,) and stride of each convolution.

    Mean and scale of the pixels are part of the first one.

    Args:
        tensors: Weights of the camera's encoder by name.
        config: Configuration of the network.
    """
    found = []
    for number, (_, _, stride) in enumerate(ARCHITECTURES[config.size].convolutions):
        layer = _convolution_name(number)
        weight, bias = tensors[f"{layer}.weight"], tensors[f"{layer}.bias"]
        if number == 0:
            weight = weight / np.float32(FRAME_SCALE)
            with _odd_weights():
                bias = bias - np.float32(FRAME_MEAN) * weight.sum(axis=(1, 2, 3))
        found.append((weight, bias, stride))
    return found


def _encoder_shapes(config: NetworkConfig, spec: SensorSpec) -> tuple[Shapes, int]:
    """Return the shapes of an encoder's weights, and its number of features."""
    if not is_image(spec):
        numbers = math.prod(spec.shape)
        return {"layer.weight": (VECTOR_FEATURES, numbers), "layer.bias": (VECTOR_FEATURES,)}, VECTOR_FEATURES
    architecture, shapes, channels = ARCHITECTURES[config.size], Shapes(), config.channels
    for number, (features, kernel, _) in enumerate(architecture.convolutions):
        layer = _convolution_name(number)
        shapes |= {f"{layer}.weight": (features, channels, kernel, kernel), f"{layer}.bias": (features,)}
        if architecture.normalised:
            shapes |= {f"norms.{number}.weight": (features,), f"norms.{number}.bias": (features,)}
        channels = features
    return shapes, math.prod(architecture.output_shape(config.height - config.crop_top, config.width))


class Actor:
    """Computes the outputs of a policy head from observations."""

    def __init__(
        self, tensors: Mapping[str, Floats], config: NetworkConfig, sensors: Mapping[str, SensorSpec], outputs: int
    ) -> None:
        """Arrange the weights for fast products.

        Args:
            tensors: Weights of the network by name.
            config: Configuration of the network.
            sensors: Specification by name of all sensors that the network reads.
            outputs: Number of outputs of the policy head.

        Raises:
            InputError: if a weight is missing, has another shape, or is no weight of this network.
        """
        expected = weight_shapes(config, sensors, outputs)
        for name in sorted(expected.keys() | tensors.keys()):
            found = tensors[name].shape if name in tensors else None
            if found != expected.get(name):
                raise InputError(
                    f"policy: tensors do not fit a {config.size} network: {name}: found {_shape(found)}, "
                    f"expected {_shape(expected.get(name))}"
                )
        self._activation = ACTIVATIONS[ARCHITECTURES[config.size].activation]
        make = {name: Camera if is_image(sensors[name]) else Numbers for name in config.reads}
        self._encoders = {name: kind(within(tensors, f"encoders.{name}."), config) for name, kind in make.items()}
        self._hidden = [_linear(tensors, name) for name in hidden_names(config)]
        self._policy = _linear(tensors, "policy")

    def __call__(self, observations: Observations) -> Floats:
        """Return the outputs (B, outputs) float32 for observations (B, *shape) of each sensor that the policy reads."""
        with _odd_weights():
            features = [encoder(observations[name]) for name, encoder in self._encoders.items()]
            x = features[0] if len(features) == 1 else np.concatenate(features, axis=1)
            for weight, bias in self._hidden:
                x = self._activation(x @ weight + bias)
            weight, bias = self._policy
            outputs: Floats = x @ weight + bias
        return outputs


class Camera:
    """The convolutions over camera frames, as matrix products over patches of blocks of pixels."""

    def __init__(self, tensors: Mapping[str, Floats], config: NetworkConfig) -> None:
        """Arrange the weights; mean and scale of the pixels become part of those of the first convolution.

        Args:
            tensors: Weights of the encoder by name.
            config: Configuration of the network.
        """
        architecture = ARCHITECTURES[config.size]
        self._config, self._activation = config, ACTIVATIONS[architecture.activation]
        self._layers: list[tuple[Floats, Floats, int, int]] = []
        self._norms: list[tuple[Floats, Floats]] = []
        block = first_block(config)
        for number, (weight, bias, stride) in enumerate(convolutions_of(tensors, config)):
            kernel = weight.shape[-1]
            side = 1 if number else block
            cells, step = kernel // side, stride // side
            split = weight.reshape(*weight.shape[:2], cells, side, cells, side).transpose(2, 4, 3, 5, 1, 0)
            self._layers.append((np.ascontiguousarray(split.reshape(-1, len(weight))), bias, cells, step))
            if architecture.normalised:
                self._norms.append((tensors[f"norms.{number}.weight"], tensors[f"norms.{number}.bias"]))

    def __call__(self, observations: NDArray[np.uint8]) -> Floats:
        """Return the features (B, features) of frames, see `to_blocks`."""
        blocks = to_blocks(observations, self._config)
        parts = [self._features(blocks[start : start + PART_SIZE]) for start in range(0, len(blocks), PART_SIZE)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _features(self, blocks: NDArray[np.uint8]) -> Floats:
        x = blocks.astype(np.float32)
        for number, (weight, bias, cells, step) in enumerate(self._layers):
            patches = _patches(x, cells, step)
            x = patches.reshape(-1, len(weight)) @ weight
            x += bias
            x = x.reshape(*patches.shape[:3], -1)
            if self._norms:
                x = _normalise(x, *self._norms[number])
            x = self._activation(x)
        return x.reshape(len(x), -1)


class Numbers:
    """One linear layer and a ReLU over a list of numbers."""

    def __init__(self, tensors: Mapping[str, Floats], config: NetworkConfig) -> None:
        """Arrange the weights.

        Args:
            tensors: Weights of the encoder by name.
            config: Configuration of the network; without effect.
        """
        self._layer = _linear(tensors, "layer")

    def __call__(self, observations: NDArray[np.generic]) -> Floats:
        """Return the features (B, features) of observations (B, *shape)."""
        weight, bias = self._layer
        return relu(observations.reshape(len(observations), -1).astype(np.float32) @ weight + bias)


def within(tensors: Mapping[str, Floats], start: str) -> dict[str, Floats]:
    """Return the tensors whose names begin in one way, by the rest of their names."""
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def _linear(tensors: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    """Return the weights (inputs, units) and the bias (units,) of a linear layer."""
    weight: Floats = np.ascontiguousarray(tensors[f"{name}.weight"].T, np.float32)
    return weight, np.asarray(tensors[f"{name}.bias"], np.float32)


def _patches(x: Floats, side: int, step: int) -> Floats:
    """Return the patches (B, rows, columns, side, side, C) of x (B, H, W, C), which begin every `step` pixels."""
    count, height, width, channels = x.shape
    rows, columns = (height - side) // step + 1, (width - side) // step + 1
    patches = np.empty((count, rows, columns, side, side, channels), np.float32)
    for i in range(side):
        for j in range(side):
            patches[:, :, :, i, j] = x[:, i : i + step * rows : step, j : j + step * columns : step]
    return patches


def _normalise(x: Floats, weight: Floats, bias: Floats) -> Floats:
    """Return each x (H, W, C) of (B, H, W, C) with mean 0 and variance 1, times `weight` (C,) plus `bias` (C,)."""
    mean, variance = (f(x, axis=(1, 2, 3), keepdims=True) for f in (np.mean, np.var))
    return np.asarray((x - mean) / np.sqrt(variance + np.float32(EPSILON)) * weight + bias, np.float32)


def _shape(shape: tuple[int, ...] | None) -> str:
    return "none" if shape is None else f"shape {shape}"
