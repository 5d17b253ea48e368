# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The command `deepracer manifest`, which writes what Kubernetes starts a training from."""

import argparse
from typing import Any

from deepracer_ros.cli.options import add_config_options, read_run_config

EXAMPLES = """\
examples:
  deepracer manifest kuberay --name monday --image registry/deepracer_ros:0.4 --jobs 64 > monday.yaml
  kubectl apply -f monday.yaml

The manifest has a RayJob of the KubeRay operator, and a ConfigMap with configuration, reward and tracks. Passwords and
keys are not in it: --secret names a Secret whose keys are DEEPRACER_REDIS_PASSWORD, AWS_ACCESS_KEY_ID and so on.
"""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401
    """Add the command to the console script."""
    parser = subparsers.add_parser(
        "manifest",
        help="write a manifest that trains on Kubernetes",
        description="Prints a manifest for KubeRay.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=("kuberay",), help="what the manifest is for")
    parser.add_argument("--name", required=True, help="name of the job and of the run")
    parser.add_argument("--image", required=True, help="container image with this package, see deploy/Dockerfile")
    parser.add_argument("--cpus", default="1", metavar="N", help="cores of a simulation job (default: 1)")
    parser.add_argument("--memory", default="2Gi", metavar="SIZE", help="memory of a simulation job (default: 2Gi)")
    parser.add_argument("--secret", default="", metavar="NAME", help="Secret whose keys become environment variables")
    parser.add_argument(
        "--deadline", type=int, default=86_400, metavar="SECONDS", help="longest time of the training (default: a day)"
    )
    parser.add_argument("--ray", default="", metavar="VERSION", help="version of Ray in the image, for the operator")
    add_config_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        InputError: on bad input.
    """
    from deepracer_ros.engine.kuberay import KubeRayOptions, render_kuberay
    from deepracer_ros.engine.run_files import files_of_run
    from deepracer_ros.errors import InputError
    from deepracer_ros.experience.config import has_password

    name, args.name = args.name, None  # not the name of a run folder here
    config = read_run_config(args)
    if has_password(config.experience.url):
        raise InputError(
            "experience.url: found a password, which the manifest would show; expected it in the Secret of --secret, "
            "as DEEPRACER_REDIS_PASSWORD"
        )
    options = KubeRayOptions(
        name, args.image, config.jobs, args.cpus, args.memory, args.secret, args.deadline, args.ray
    )  # fmt: skip
    print(render_kuberay(options, files_of_run(config)), end="")
