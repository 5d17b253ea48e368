import pytest
import yaml

from deepracer_ros.config import nest, read_parameters, write_parameters
from deepracer_ros.errors import InputError


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
