# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer replay`, which lets a model decide again on the frames of a bag."""

import argparse
from pathlib import Path
from typing import Any

EXAMPLES = """\
examples:
  deepracer replay monday --model runs/monday
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "replay",
        help="check that a model decides as it did when a bag was recorded",
        description="Lets a model judge the recorded commands of its version on the recorded frames. The exit code is "
        "0 if it decides the same again, and 1 if not.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder of a bag (MCAP or SQLite)")
    parser.add_argument("--model", type=Path, default=Path("runs/latest"), help="run folder or model folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        InputError: if the bag or the model cannot be read, or the bag has no command of the model.
    """
    from deepracer_ros.models.folder import read_model_path
    from deepracer_ros.nodes.replay import replay
    from deepracer_ros.training.policies import make_policy

    model = read_model_path(args.model)
    version = str(model.manifest.version)
    found = replay(args.bag, make_policy(model), version)
    print(
        f"{found.same} of {found.same + found.different} commands of model {version} are decided again; "
        f"largest difference of a log-probability {found.largest:.2g}; {found.others} commands of other models"
    )
    if found.first is not None:
        print(f"first difference at stamp {found.first * 1e-9:.3f} s")
    return 0 if not found.different else 1
