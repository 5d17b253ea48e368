# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer gazebo`, which prepares a real Gazebo or shows what is missing."""

import argparse


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "gazebo",
        help="prepare the real Gazebo that --simulator gazebo runs",
        description="Gazebo 11 runs from a folder in the user's cache ($DEEPRACER_GAZEBO names another) and changes "
        "nothing in the system. An installed Gazebo 11 is used if its headers, Xvfb and g++ are installed too.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    preparing = actions.add_parser("prepare", help="download, unpack and compile what is missing (about 3 minutes)")
    preparing.set_defaults(run=_prepare)
    status = actions.add_parser("status", help="show whether Gazebo is ready, or what is missing (exit code 1)")
    status.set_defaults(run=_status)


def _prepare(_: argparse.Namespace) -> int:
    from deepracer_ros.simulation.gazebo.installation import prepare

    installation = prepare(lambda line: print(line, flush=True))
    print(f"root {installation.root}, plugin {installation.plugin}")
    return 0


def _status(_: argparse.Namespace) -> int:
    from deepracer_ros.simulation.gazebo.installation import find_installation, missing_part

    missing = missing_part()
    if missing:
        print(f"not ready: {missing}; run `deepracer gazebo prepare`")
        return 1
    installation = find_installation()
    print(f"ready: root {installation.root}, plugin {installation.plugin}")
    return 0
