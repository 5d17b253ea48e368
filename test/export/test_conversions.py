# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the makers' own tools make of an export; .ci/run has an environment with them."""

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.export.formats import export_openvino, export_tflite
from deepracer_ros.export.frozen_graph import to_frozen_graph
from deepracer_ros.export.trial import try_graph

from .conftest import CONTINUOUS, DISCRETE

NETWORKS = [{"size": "small", "width": 80, "height": 60}, {"size": "shallow", "width": 160, "height": 120}]
each = pytest.mark.parametrize("network", NETWORKS, ids=["small", "shallow"])
both = pytest.mark.parametrize("actions", [CONTINUOUS, DISCRETE], ids=["continuous", "discrete"])


@each
@both
def test_openvino_reads_the_graph(make_network, tmp_path, network, actions):
    openvino = pytest.importorskip("openvino", reason="no openvino: pip install '.[openvino]'")
    layers = make_network(actions, **network)
    (tmp_path / "model.pb").write_bytes(to_frozen_graph(layers))
    model = openvino.convert_model(str(tmp_path / "model.pb"))
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    try_graph(lambda frame: compiled(frame.astype(np.float32)[None, :, :, None])[0].reshape(-1), layers, "it")
    assert export_openvino(layers, tmp_path / "made").difference < 5e-3
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["model.bin", "model.xml"]


@each
@both
def test_tensorflow_and_its_tools_read_the_graph(make_network, tmp_path, network, actions):
    tensorflow = pytest.importorskip("tensorflow", reason="no tensorflow: pip install '.[tflite]'")
    layers = make_network(actions, **network)
    (tmp_path / "model.pb").write_bytes(to_frozen_graph(layers))
    tensorflow.compat.v1.reset_default_graph()
    visualization = pytest.importorskip("deepracer.model.visualization", reason="no deepracer-utils")
    session, x, y = visualization.load_session(str(tmp_path / "model.pb"), log_device_placement=False)
    try_graph(lambda frame: session.run(y, {x: frame.astype(np.float32)[None, :, :, None]})[0], layers, "it")
    if not layers.is_continuous:
        picture = np.random.default_rng(0).random((120, 160, 3))
        with session.graph.as_default():
            heat = visualization.visualize_gradcam_discrete_ppo(session, picture, num_of_actions=6)
        assert heat.shape == (120, 160, 3)
    assert export_tflite(layers, tmp_path / "made.tflite").difference < 5e-3


@pytest.mark.parametrize(("package", "export"), [("openvino", export_openvino), ("tensorflow", export_tflite)])
def test_a_missing_package_is_named(make_network, tmp_path, monkeypatch, package, export):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(InputError, match=f"package.*pip install {package}|found no such package"):
        export(make_network(**NETWORKS[0]), tmp_path / "made")
    assert not list(tmp_path.iterdir())
