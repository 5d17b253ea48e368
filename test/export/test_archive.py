# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import io
import json
import tarfile

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.export import archive as module
from deepracer_ros.export.archive import GRAPH, METADATA, Archive, read_archive, write_archive
from deepracer_ros.export.formats import export_car
from deepracer_ros.export.frozen_graph import INPUT, to_frozen_graph
from deepracer_ros.export.trial import Graph, try_archive, try_graph
from deepracer_ros.formats.metadata import to_metadata

from .conftest import DISCRETE

SMALL = {"size": "small", "width": 80, "height": 60}


@pytest.fixture(scope="module")
def exported(tmp_path_factory, make_network):
    """Return an archive with the layers that it was made of."""
    network, path = make_network(DISCRETE, **SMALL), tmp_path_factory.mktemp("car") / "mine.tar.gz"
    assert export_car(network, path).same == 200
    return path, network


def pack(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_an_export_has_the_two_files_that_a_car_keeps(exported):
    path, network = exported
    with tarfile.open(path) as tar:
        assert tar.getnames() == [METADATA, GRAPH] == ["model_metadata.json", "agent/model.pb"]
        assert all(member.isfile() and member.mode == 0o644 for member in tar)
    archive = read_archive(path)
    assert archive.graph == to_frozen_graph(network)
    described = json.loads(archive.metadata)
    assert len(described["action_space"]) == 6
    assert described["sensor"] == ["FRONT_FACING_CAMERA"]
    assert try_archive(archive, "it").difference is None
    assert try_archive(archive, "it", network).same == 200


def test_the_same_model_gives_the_same_archive(exported, tmp_path):
    path, network = exported
    export_car(network, tmp_path / "again.tar.gz")
    assert (tmp_path / "again.tar.gz").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["a.b.tar.gz", "a b.tar.gz", ".tar.gz", "a.tgz", "a.tar", "model.zip"])
def test_names_that_a_car_would_change_are_refused(exported, tmp_path, name):
    with pytest.raises(InputError, match="expected NAME.tar.gz"):
        export_car(exported[1], tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_root_that_begins_with_a_dot_is_read(exported, tmp_path):
    archive = read_archive(exported[0])
    path = pack(
        tmp_path / "m.tar.gz", [("./model_metadata.json", archive.metadata), ("./agent/model.pb", archive.graph)]
    )
    assert read_archive(path) == archive


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["model_metadata.json"], "found the graphs none"),
        (["model_metadata.json", "agent/model.pb", "agent/old.pb"], "found the graphs agent/model.pb, agent/old.pb"),
        (["agent/model_metadata.json", "agent/model.pb"], "found no model_metadata.json at the root"),
        ([], "found the graphs none"),
    ],
)
def test_archives_that_a_car_ignores_are_refused(tmp_path, names, words):
    path = pack(tmp_path / "m.tar.gz", [(name, b"{}") for name in names])
    with pytest.raises(InputError, match=words):
        read_archive(path)


def test_links_are_no_graphs(tmp_path):
    path = tmp_path / "m.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("agent/model.pb")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(InputError, match="found the graphs none"):
        read_archive(path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00"])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "m.tar.gz").write_bytes(content)
    with pytest.raises(InputError, match="expected a .tar.gz archive"):
        read_archive(tmp_path / "m.tar.gz")


def test_absent_files_folders_and_cut_archives_are_refused(exported, tmp_path):
    (tmp_path / "folder.tar.gz").mkdir()
    content = exported[0].read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(content[: len(content) // 2])
    for name in ("absent.tar.gz", "folder.tar.gz", "cut.tar.gz"):
        with pytest.raises(InputError, match=f"{name}: cannot be read"):
            read_archive(tmp_path / name)


def test_archives_without_end_are_refused(exported, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="more than 1000 bytes"):
        read_archive(exported[0])


def test_another_policy_is_found_out(exported, make_network):
    other = make_network(DISCRETE, seed=1, **SMALL)
    with pytest.raises(InputError, match="differs from the policy by"):
        try_archive(read_archive(exported[0]), "it", other)


def test_a_wrong_export_is_not_written(exported, make_network, tmp_path, monkeypatch):
    other = make_network(DISCRETE, seed=1, **SMALL)
    monkeypatch.setattr("deepracer_ros.export.formats.to_frozen_graph", lambda network: to_frozen_graph(other))
    with pytest.raises(InputError, match="differs from the policy"):
        export_car(exported[1], tmp_path / "m.tar.gz")
    assert not list(tmp_path.iterdir())


def changed(archive, **values):
    return Archive(archive.graph, json.dumps({**json.loads(archive.metadata), **values}).encode())


def test_graph_and_description_must_fit(exported):
    archive = read_archive(exported[0])
    fewer = changed(archive, action_space=[{"steering_angle": 0.0, "speed": 1.0, "index": 0}])
    with pytest.raises(InputError, match="found 6 outputs, expected 1"):
        try_archive(fewer, "it")
    for wrong, words in ((b"{", "is not JSON"), (b"[]", "expected an object"), (b"[" * 100_000, "is not JSON")):
        with pytest.raises(InputError, match=words):
            try_archive(Archive(archive.graph, wrong), "it")


def test_the_probabilities_must_be_some(make_network):
    """The graph of a box behind the description of a list of two actions."""
    network = make_network(**SMALL)
    actions = type(network.actions)(type="pairs", steering_angles=(-10.0, 10.0), speeds=(1.0, 1.0))
    archive = Archive(to_frozen_graph(network), json.dumps(to_metadata(actions, "small")).encode())
    with pytest.raises(InputError, match="found the sum .* of the probabilities, expected 1"):
        try_archive(archive, "it")


def test_other_graphs_are_refused(exported, make_network):
    archive = read_archive(exported[0])
    renamed = archive.graph.replace(INPUT.encode(), b"x" * len(INPUT))
    with pytest.raises(InputError, match="found the inputs xxx"):
        try_archive(Archive(renamed, archive.metadata), "it")
    for content, words in ((b"no graph", "cannot be read"), (b"", "found the inputs none")):
        with pytest.raises(InputError, match=words):
            try_archive(Archive(content, archive.metadata), "it")
    unknown = archive.graph.replace(b"Softmax", b"Sotfmax")
    with pytest.raises(InputError, match="OpenCV cannot (load|run) the graph"):
        try_archive(Archive(unknown, archive.metadata), "it")


def test_outputs_that_are_not_finite_are_refused(exported):
    network = exported[1]
    head = network.head
    head.bias[0] = np.nan
    try:
        with pytest.raises(InputError, match="found NaN or infinity"):
            try_graph(Graph(to_frozen_graph(network), "it"), network, "it")
    finally:
        head.bias[0] = 0.0


def test_damaged_archives_end_in_one_line(exported, tmp_path):
    """Of 30 with random bytes changed each is read or refused, and nothing else happens."""
    archive = read_archive(exported[0])
    random = np.random.default_rng(3)
    for number in range(30):
        graph = bytearray(archive.graph)
        for _ in range(int(random.integers(1, 6))):
            near = int(random.integers(400)) if random.random() < 0.5 else -int(random.integers(1, 8000))
            graph[near] = int(random.integers(256))
        write_archive(tmp_path / "m.tar.gz", Archive(bytes(graph), archive.metadata))
        content = bytearray((tmp_path / "m.tar.gz").read_bytes())
        if number % 3 == 0:
            content[int(random.integers(len(content)))] ^= 255
        (tmp_path / "m.tar.gz").write_bytes(content)
        try:
            found = read_archive(tmp_path / "m.tar.gz")
            Graph(found.graph, "it")(np.zeros((120, 160), np.uint8))
        except InputError as error:
            assert "\n" not in str(error)
