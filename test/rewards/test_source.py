# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A reward file and the files beside it that it imports belong together."""

from deepracer_ros.rewards.source import files_of


def test_imported_files_beside_it_are_found_also_through_others(tmp_path):
    texts = {
        "reward.py": "import numpy, consts\nfrom lines import LINE\nimport package.part\n",
        "consts.py": "def f():\n    import deep\n",
        "lines.py": "import reward\n(",
        "deep.py": "",
        "unused.py": "",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    names = [path.name for path in files_of(tmp_path / "reward.py")]
    assert names[0] == "reward.py"
    assert sorted(names) == ["consts.py", "deep.py", "lines.py", "reward.py"]
