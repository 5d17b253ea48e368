# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

import deepracer_ros
from deepracer_ros.config import Section, from_mapping, key, section, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.parameters import nest, read_parameters, write_parameters
from deepracer_ros.reference import Key, groups_of, keys_of
from deepracer_ros.share import share_directory
from deepracer_ros.training.config import RunConfig, read_config


def test_text_stays_text_for_yaml_and_ros(tmp_path):
    """ROS' own reader takes `n`, `y` and `on` for truth values where they are not quoted; YAML takes `on`."""
    words = ["n", "y", "on", "123", "1e5", "null", "it's", "ü", ""]
    values = {"run": "n", "tracks": words, "learning": {"epochs": 3, "learning_rate": 1e-5, "exact": True}}
    path = tmp_path / "parameters.yaml"
    path.write_bytes(write_parameters(values))
    assert read_parameters(path) == values
    scalars = [event for event in yaml.parse(path.read_text()) if isinstance(event, yaml.ScalarEvent)]
    assert {event.value: event.style for event in scalars}.items() >= {"n": "'", "123": "'", "run": None}.items()


@pytest.mark.parametrize("content", ["", "a: 1", "/**: 1", "/**: {ros__parameters: [1]}", "/**: [", "\xff\xfe"])
def test_what_is_no_parameter_file_is_named(tmp_path, content):
    path = tmp_path / "parameters.yaml"
    path.write_text(content, "latin-1")
    with pytest.raises(InputError, match="parameters.yaml: ") as error:
        read_parameters(path)
    assert "\n" not in str(error.value)


def test_dotted_keys_nest_unless_they_contradict_each_other():
    assert nest({"a.b": 1, "a.c.d": 2, "e": 3}) == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    with pytest.raises(InputError, match=r"a\.b: found 'a' with the value 1, expected keys below it"):
        nest({"a": 1, "a.b": 2})


@dataclass(frozen=True)
class Inner(Section):
    """What lies in another section."""

    kind: Literal["box", "car"] = key("box", "One of two.")
    places: tuple[float, ...] = key((), "Several numbers.", unit="%", least=0, most=100)


@dataclass(frozen=True)
class Outer(Section):
    """One key of each kind."""

    speed: float = key(1.5, "A speed.", unit="m/s", above=0, most=4)
    seed: int = key(7, "A seed.", least=0, most=2**31 - 1)
    inner: Inner = section(Inner, "The inner keys.")
    url: str = key("", "An address.", secret=True)
    weights: str | Mapping[str, float] = key("a.py", "A file, or weights by name.")
    limit: float | None = key(None, "None: no limit.", most=10)


def test_a_key_is_documented_where_it_is_declared():
    assert list(keys_of(Outer)) == [
        Key("speed", "number", 1.5, "A speed.", "m/s", "above 0, at most 4 m/s", False, None, 4, 0),
        Key("seed", "whole number", 7, "A seed.", "", "0 to 2147483647", False, 0, 2147483647),
        Key("url", "text", "", "An address.", "", "", True),
        Key("weights", "text | text: number", "a.py", "A file, or weights by name.", "", "", False),
        Key("limit", "number", None, "None: no limit.", "", "at most 10", False, None, 10),
        Key("inner.kind", "box | car", "box", "One of two.", "", "", False),
        Key("inner.places", "list of number", (), "Several numbers.", "%", "0 to 100 %", False, 0, 100),
    ]


def test_groups_are_the_sections_of_a_reference():
    assert [(group.name, group.text, len(group.keys)) for group in groups_of(Outer, "outer.", "All.")] == [
        ("outer", "All.", 5),
        ("outer.inner", "The inner keys.", 2),
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"speed": 0}, "here: speed: found 0.0, expected above 0, at most 4 m/s"),
        ({"speed": 4.5}, "here: speed: found 4.5, expected above 0, at most 4 m/s"),
        ({"speed": float("nan")}, "here: speed: found nan, expected above 0, at most 4 m/s"),
        ({"seed": -1}, "here: seed: found -1, expected 0 to 2147483647"),
        ({"seed": True}, "here: seed: found True, expected a whole number"),
        ({"seed": 1.0}, "here: seed: found 1.0, expected a whole number"),
        ({"limit": 11}, "here: limit: found 11.0, expected at most 10"),
        ({"inner": {"places": [1, 101]}}, "here: inner.places: found 101.0, expected 0 to 100 %"),
        ({"inner": {"kind": "tree"}}, "here: inner.kind: found 'tree', expected one of 'box', 'car'"),
        ({"inner": 3}, "here: inner: found 3, expected keys and values: "),
        ({"weights": {"a": "much"}}, "here: weights.a: found 'much', expected a number"),
        ({"weights": 3}, "here: weights: found 3, expected text"),
        ({"sped": 1}, "here: unknown key 'sped', perhaps 'speed'; expected one of: speed, seed, "),
    ],
)
def test_a_bad_value_is_named_with_its_key_and_range(values, message):
    with pytest.raises(InputError) as error:
        from_mapping(Outer, values, "here")
    assert str(error.value).startswith(message)


def test_a_range_also_holds_in_python():
    with pytest.raises(ValueError, match="speed: found -1, expected above 0"):
        Outer(speed=-1)


def test_values_take_the_types_that_are_declared():
    found = from_mapping(
        Outer, {"speed": 2, "inner": {"places": [1, 2.5]}, "weights": {"progress": 1}, "limit": None}, "here"
    )
    assert found == Outer(speed=2.0, inner=Inner(places=(1.0, 2.5)), weights={"progress": 1.0})
    assert isinstance(found.speed, float)
    assert from_mapping(Outer, {"weights": "b.py"}, "here").weights == "b.py"
    assert from_mapping(Outer, to_mapping(found), "here") == found


def test_a_tolerant_reader_leaves_unknown_keys_out_at_every_depth():
    values = {"speed": 2.0, "newer": 1, "inner": {"kind": "car", "newer": {"a": 1}}}
    assert from_mapping(Outer, values, "a manifest", tolerant=True) == Outer(speed=2.0, inner=Inner(kind="car"))
    with pytest.raises(InputError, match="speed: found 'fast', expected a number"):
        from_mapping(Outer, values | {"speed": "fast"}, "a manifest", tolerant=True)


@dataclass(frozen=True)
class First(Section):
    """Hyperparameters of one choice."""

    epochs: int = key(3, "Passes.")


@dataclass(frozen=True)
class Second(Section):
    """Hyperparameters of another choice."""

    rate: float = key(0.1, "Step size.")


@dataclass(frozen=True)
class Chosen(Section):
    """A section whose class another key chooses."""

    learner: str = key("first", "By name.")
    learning: Any = field(default_factory=First)

    @classmethod
    def types_by_value(cls, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Return the class of `learning`."""
        name = mapping.get("learner", "first")
        if name not in ("first", "second"):
            raise ValueError(f"learner: found {name!r}, expected first or second")
        return {"learning": First if name == "first" else Second}


def test_the_type_of_a_section_may_depend_on_another_key():
    assert from_mapping(Chosen, {}, "here") == Chosen()
    assert from_mapping(Chosen, {"learner": "second"}, "here") == Chosen("second", Second())
    assert from_mapping(Chosen, {"learner": "second", "learning": {"rate": 1}}, "here").learning == Second(1.0)
    with pytest.raises(InputError, match="here: learning: unknown key 'rate'; expected one of: epochs"):
        from_mapping(Chosen, {"learning": {"rate": 1}}, "here")
    with pytest.raises(InputError, match="here: learner: found 'third', expected first or second"):
        from_mapping(Chosen, {"learner": "third"}, "here")


def test_the_shipped_file_only_repeats_defaults():
    assert read_config(read_parameters(share_directory() / "config" / "training.yaml"), "training.yaml") == RunConfig()


def test_every_key_of_a_run_says_what_it_means():
    for documented in keys_of(RunConfig):
        assert documented.text.endswith((".", ")")), documented.name


def test_configuration_loads_nothing_heavy():
    """Forms, `--help` and nodes read it where neither learning nor simulation is installed or wanted."""
    root = Path(deepracer_ros.__file__).parent
    modules = [
        ".".join(("deepracer_ros", *path.relative_to(root).with_suffix("").parts)) for path in root.rglob("config.py")
    ]
    modules = [module for module in modules if not module.startswith("deepracer_ros.cli.")]
    assert "deepracer_ros.training.config" in modules
    code = f"import importlib, sys; [importlib.import_module(name) for name in {modules}]; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & {"numba", "torch", "boto3", "botocore", "redis", "cv2", "rclpy", "matplotlib"}
