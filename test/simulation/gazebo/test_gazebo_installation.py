# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import argparse
import os
from pathlib import Path

import pytest

from deepracer_ros.cli import gazebo
from deepracer_ros.errors import InputError
from deepracer_ros.simulation.gazebo import installation, sandbox


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A machine with no Gazebo and no tools but a bwrap that does nothing."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "bwrap").write_text("#!/bin/sh\n")
    (tools / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("DEEPRACER_GAZEBO", str(tmp_path / "gazebo"))
    monkeypatch.setattr(installation, "SYSTEM", tmp_path)
    return tmp_path


def test_the_cache_follows_the_users_own(monkeypatch):
    monkeypatch.delenv("DEEPRACER_GAZEBO", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert installation.cache_folder() == Path("/somewhere/deepracer_ros/gazebo")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert installation.cache_folder() == Path("/home/me/.cache/deepracer_ros/gazebo")
    monkeypatch.setenv("DEEPRACER_GAZEBO", "/else")
    assert installation.cache_folder() == Path("/else")


def test_what_is_missing_is_named_in_the_order_of_its_making(empty):
    assert installation.missing_part() == f"found no Gazebo 11 in {empty / 'gazebo'}"
    gzserver = empty / "gazebo/root/usr/bin/gzserver"
    gzserver.parent.mkdir(parents=True)
    gzserver.touch()
    assert installation.missing_part().startswith("found no lock-step plugin of this version")
    library = installation._plugin_folder() / "liblockstep.so"
    library.parent.mkdir(parents=True)
    library.touch()
    assert installation.missing_part() == ""
    assert installation.find_installation().root == empty / "gazebo/root"
    (empty / "bin/bwrap").unlink()
    assert "bubblewrap" in installation.missing_part()


def test_the_systems_own_gazebo_comes_first(empty):
    for name in ("usr/bin/gzserver", "usr/bin/Xvfb", "usr/bin/g++", "usr/include/gazebo-11/gazebo/gazebo.hh"):
        (empty / name).parent.mkdir(parents=True, exist_ok=True)
        (empty / name).touch()
    library = installation._plugin_folder() / "liblockstep.so"
    library.parent.mkdir(parents=True)
    library.touch()
    assert installation.find_installation().root == empty


def test_tools_that_only_root_can_install_are_asked_for(empty):
    with pytest.raises(InputError, match="mmdebstrap: not installed; expected root to run: apt-get install"):
        installation.prepare(lambda _: None)


def test_an_interrupted_preparation_starts_over(empty, monkeypatch):
    monkeypatch.setenv("PATH", f"{empty / 'bin'}:/usr/bin:/bin")
    partial = empty / "gazebo/root.partial/left/over"
    partial.mkdir(parents=True)
    (empty / "bin/mmdebstrap").write_text("#!/bin/sh\necho 'E: no network'; exit 25\n")
    (empty / "bin/mmdebstrap").chmod(0o755)
    lines = []
    with pytest.raises(InputError, match=r"mmdebstrap: exit code 25 \(E: no network\)"):
        installation.prepare(lines.append)
    assert any("removing an unfinished root" in line for line in lines)
    assert not partial.exists()
    assert not (empty / "gazebo/root").exists()


def test_a_finished_root_is_kept_and_unpacked_by_name(empty, monkeypatch):
    monkeypatch.setenv("PATH", f"{empty / 'bin'}:/usr/bin:/bin")
    made = empty / "made"
    (made / "usr/bin").mkdir(parents=True)
    (made / "usr/bin/gzserver").touch()
    script = (
        f"#!/bin/sh\nfor a; do case $a in *root.tar) tar -cf $a -C {made} .;; esac; done\necho run >>{empty}/runs\n"
    )
    (empty / "bin/mmdebstrap").write_text(script)
    (empty / "bin/mmdebstrap").chmod(0o755)
    root = empty / "gazebo/root"
    installation._bootstrap(root, lambda _: None)
    assert (root / "usr/bin/gzserver").is_file()
    assert sorted(path.name for path in root.parent.iterdir()) == ["root"]


def test_no_mirror_is_written_down():
    source = Path(installation.__file__).read_text()
    assert "http" not in source
    for line in installation._mirrors():
        assert line.split()[2:] == ["bullseye", "main"]


def test_a_run_without_bubblewrap_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="bubblewrap: found no bwrap on the PATH"):
        sandbox.start(tmp_path, ["true"])


def test_status_says_what_is_missing(empty, capsys):
    parser = argparse.ArgumentParser()
    gazebo.add_parser(parser.add_subparsers())
    options = parser.parse_args(["gazebo", "status"])
    assert options.run(options) == 1
    assert "not ready: found no Gazebo 11" in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/usr/bin/bwrap").exists(), reason="needs bubblewrap")
def test_a_sandbox_shows_what_it_is_given_and_nothing_else(tmp_path):
    (tmp_path / "inside").write_text("seen")
    process = sandbox.start(
        Path("/"),
        ["sh", "-c", "cat /mnt/folder/inside /mnt/note; ls /tmp; echo $HELLO; touch /mnt/folder/x 2>&1 | grep -c Read"],
        folders={"folder": tmp_path},
        files={"note": " and read"},
        environment={"HELLO": "world"},
        output=-1,
    )
    assert process.communicate(timeout=10)[0].decode().split("\n") == ["seen and readworld", "1", ""]
    assert os.listdir(tmp_path) == ["inside"]
