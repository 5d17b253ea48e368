# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The manifest of a training on Kubernetes: a RayJob of the KubeRay operator, and the files of the run."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from deepracer_ros.engine.run_files import CONFIG
from deepracer_ros.errors import InputError

NAME = re.compile(r"[a-z]([-a-z0-9]{0,45}[a-z0-9])?")
"""Names that Kubernetes takes and KubeRay can lengthen."""
KEY = re.compile(r"[-._a-zA-Z0-9]+")
"""Names of files in a ConfigMap."""
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|[KMGT]i?)?")
MOST_BYTES = 1_000_000
"""Greatest size of a ConfigMap, bytes; the limit of Kubernetes is 1 MiB."""
FILES = "/run-files"
RUNS = "/runs"
HEAD_CPUS = 3
"""Cores of the head: the driver, the servers and the trainer with its two threads."""


@dataclass(frozen=True)
class KubeRayOptions:
    """What the manifest says beside the run.

    Attributes:
        name: Name of the job, and of the run.
        image: Container image with this package, see deploy/Dockerfile.
        jobs: Number of simulation jobs, the most workers.
        cpus: Cores of a worker, a quantity of Kubernetes.
        memory: Memory of a worker, a quantity of Kubernetes.
        secret: Name of a Secret, whose keys become environment variables; empty: none.
        deadline: Longest time of the training, s.
        ray: Version of Ray in the image.
    """

    name: str
    image: str
    jobs: int
    cpus: str = "1"
    memory: str = "2Gi"
    secret: str = ""
    deadline: int = 86_400
    ray: str = ""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: if Kubernetes would refuse one.
        """
        for option, name in (("--name", self.name), ("--secret", self.secret)):
            if (name or option == "--name") and not NAME.fullmatch(name):
                raise InputError(f"{option}: found {name!r}, expected at most 47 of a-z, 0-9 and -, a letter first")
        for option, quantity in (("--cpus", self.cpus), ("--memory", self.memory)):
            if not QUANTITY.fullmatch(quantity):
                raise InputError(f"{option}: found {quantity!r}, expected a quantity of Kubernetes, as 2 or 4Gi")
        if not self.image or any(character.isspace() for character in self.image):
            raise InputError(f"--image: found {self.image!r}, expected the name of a container image")
        if self.jobs < 1 or self.deadline < 1:
            raise InputError(f"--jobs, --deadline: found {self.jobs}, {self.deadline}, expected 1 or more")


def render_kuberay(options: KubeRayOptions, files: Mapping[str, bytes]) -> str:
    """Return the manifest, YAML with a ConfigMap and a RayJob.

    Args:
        options: What it says.
        files: Files of the run, contents by name, with its configuration.

    Raises:
        InputError: if the files do not fit into a ConfigMap.
    """
    size = sum(map(len, files.values()))
    if size > MOST_BYTES:
        raise InputError(f"files of the run: found {size} bytes, expected at most {MOST_BYTES} for a ConfigMap")
    for name in files:
        if not KEY.fullmatch(name):
            raise InputError(f"{name}: expected a file name of letters, digits and . _ - for a ConfigMap")
    documents = [_config_map(options, files), _ray_job(options)]
    return yaml.safe_dump_all(documents, sort_keys=False)


def _config_map(options: KubeRayOptions, files: Mapping[str, bytes]) -> dict[str, Any]:
    text: dict[str, str] = {}
    binary: dict[str, bytes] = {}
    for name, content in files.items():
        try:
            text[name] = content.decode()
        except UnicodeDecodeError:  # noqa: PERF203 - few files
            binary[name] = content
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{options.name}-files"}, "data": text}
    return {**found, "binaryData": binary} if binary else found


def _ray_job(options: KubeRayOptions) -> dict[str, Any]:
    command = ["deepracer", "train", "--cluster", "auto", "--config", f"{FILES}/{CONFIG}", "--name", options.name]
    command += ["--runs", RUNS, "--jobs", str(options.jobs)]
    workers = {
        "groupName": "simulation",
        "replicas": 0,
        "minReplicas": 0,
        "maxReplicas": options.jobs,
        "rayStartParams": {},
        "template": {"spec": _pod(options, options.cpus, options.memory, head=False)},
    }
    head = {
        # The trainer, and nothing else of it, may only be on the head.
        "rayStartParams": {"num-cpus": "1", "resources": '"{\\"trainer\\": 1}"'},
        "template": {"spec": _pod(options, str(HEAD_CPUS), "6Gi", head=True)},
    }
    version = {"rayVersion": options.ray} if options.ray else {}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayJob",
        "metadata": {"name": options.name},
        "spec": {
            "entrypoint": shlex.join(command),
            "shutdownAfterJobFinishes": True,
            "ttlSecondsAfterFinished": 600,
            "activeDeadlineSeconds": options.deadline,
            "rayClusterSpec": {
                **version,
                "authOptions": {"mode": "token"},
                "enableInTreeAutoscaling": True,
                "headGroupSpec": head,
                "workerGroupSpecs": [workers],
            },
        },
    }


def _pod(options: KubeRayOptions, cpus: str, memory: str, head: bool) -> dict[str, Any]:
    resources = {"cpu": cpus, "memory": memory}
    volumes: list[dict[str, Any]] = [{"name": "files", "configMap": {"name": f"{options.name}-files"}}]
    mounts: list[dict[str, Any]] = [{"name": "files", "mountPath": FILES, "readOnly": True}]
    if head:
        volumes.append({"name": "runs", "emptyDir": {}})
        mounts.append({"name": "runs", "mountPath": RUNS})
    container: dict[str, Any] = {
        "name": "ray-head" if head else "ray-worker",
        "image": options.image,
        "resources": {"requests": resources, "limits": resources},
        "volumeMounts": mounts,
        "securityContext": {"allowPrivilegeEscalation": False, "runAsNonRoot": True},
    }
    if options.secret:
        container["envFrom"] = [{"secretRef": {"name": options.secret}}]
    return {"containers": [container], "volumes": volumes}
