# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The manifest for KubeRay: every field is one that its CRD has, and no secret is in it."""

import base64
import os
from pathlib import Path

import pytest
import yaml

from deepracer_ros.cli.main import main
from deepracer_ros.engine.kuberay import KubeRayOptions, render_kuberay
from deepracer_ros.errors import InputError

CRD = "KUBERAY_RAYJOB_CRD"
"""Environment variable with the path of KubeRay's ray.io_rayjobs.yaml, which is not a part of this project."""
OPTIONS = KubeRayOptions("monday", "registry/deepracer_ros:1", 64, secret="deepracer", ray="2.60.0")
FILES = {"config.yaml": b"/**: {}\n", "route.npy": b"\x93NUMPY\xff"}


def documents(text):
    files, job = yaml.safe_load_all(text)
    return files, job


def test_the_job_scales_ends_with_its_command_and_has_a_token():
    files, job = documents(render_kuberay(OPTIONS, FILES))
    spec, cluster = job["spec"], job["spec"]["rayClusterSpec"]
    assert (job["apiVersion"], job["kind"], job["metadata"]["name"]) == ("ray.io/v1", "RayJob", "monday")
    assert spec["entrypoint"] == (
        "deepracer train --cluster auto --config /run-files/config.yaml --name monday --runs /runs --jobs 64"
    )
    assert (spec["shutdownAfterJobFinishes"], spec["activeDeadlineSeconds"]) == (True, 86_400)
    assert (cluster["authOptions"], cluster["enableInTreeAutoscaling"]) == ({"mode": "token"}, True)
    (group,) = cluster["workerGroupSpecs"]
    assert (group["minReplicas"], group["maxReplicas"]) == (0, 64)
    assert '"{\\"trainer\\": 1}"' in cluster["headGroupSpec"]["rayStartParams"]["resources"]
    for part in (group, cluster["headGroupSpec"]):
        (container,) = part["template"]["spec"]["containers"]
        assert container["image"] == "registry/deepracer_ros:1"
        assert container["resources"]["requests"] == container["resources"]["limits"]
        assert container["envFrom"] == [{"secretRef": {"name": "deepracer"}}]
        assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/run-files"}
    assert files["data"] == {"config.yaml": "/**: {}\n"}
    assert files["binaryData"] == {"route.npy": FILES["route.npy"]}  # base64 in the text
    assert base64.b64encode(FILES["route.npy"]).decode() in render_kuberay(OPTIONS, FILES)


def problems(schema, value, where="spec"):
    """Return where a value has fields or types that a schema of a CRD does not have."""
    if schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-int-or-string"):
        return []
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{where}: {value!r} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    found = []
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += problems(schema["items"], item, f"{where}[{number}]")
    if isinstance(value, dict):
        found += [f"{where}: lacks {name}" for name in schema.get("required", ()) if name not in value]
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            found += problems(inner, item, f"{where}.{name}") if inner else [f"{where}: unknown {name}"]
    return found


@pytest.mark.skipif(CRD not in os.environ, reason=f"{CRD} does not name KubeRay's CRD, which is not of this project")
def test_the_job_is_one_that_the_crd_takes():
    crd = yaml.safe_load(Path(os.environ[CRD]).read_text())
    (version,) = (version for version in crd["spec"]["versions"] if version["name"] == "v1")
    schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    _, job = documents(render_kuberay(OPTIONS, FILES))
    assert problems(schema, job["spec"]) == []
    assert problems(schema, {**job["spec"], "odd": 1}) == ["spec: unknown odd"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "Monday"}, "--name: found 'Monday'"),
        ({"name": "a" * 48}, "--name"),
        ({"secret": "../x"}, "--secret"),
        ({"cpus": "two"}, "--cpus"),
        ({"memory": "2 GB"}, "--memory"),
        ({"image": ""}, "--image"),
        ({"image": "a b"}, "--image"),
        ({"jobs": 0}, "--jobs"),
    ],
)
def test_what_kubernetes_would_refuse_is_one_line(changes, expected):
    with pytest.raises(InputError, match=expected):
        KubeRayOptions(**{**vars(OPTIONS), **changes})


def test_files_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="found 1000009 bytes, expected at most 1000000"):
        render_kuberay(OPTIONS, {**FILES, "big.npy": b"x" * (1_000_009 - sum(map(len, FILES.values())))})
    with pytest.raises(InputError, match="my file.npy: expected a file name"):
        render_kuberay(OPTIONS, {**FILES, "my file.npy": b""})


def test_the_command_takes_reward_and_tracks_and_no_password(tmp_path, capsys, monkeypatch):
    reward = tmp_path / "reward.py"
    reward.write_text("def reward_function(params):\n    return 1.0\n")
    command = ["manifest", "kuberay", "--name", "monday", "--image", "i", "--jobs", "3", "--reward", str(reward)]
    assert main(command) == 0
    files, job = documents(capsys.readouterr().out)
    assert files["data"]["reward.py"] == reward.read_text()
    values = yaml.safe_load(files["data"]["config.yaml"])["/**"]["ros__parameters"]
    assert (values["reward"], values["jobs"]) == ("reward.py", 3)
    assert "--jobs 3" in job["spec"]["entrypoint"]
    monkeypatch.setenv("DEEPRACER_REDIS", "redis://:hidden@host:6379")
    assert main(command) == 2
    said = capsys.readouterr()
    assert "found a password, which the manifest would show" in said.err
    assert "hidden" not in said.out + said.err
