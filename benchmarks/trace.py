# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What DeepRacer's traces cost: environment steps per second of the whole loop with `--simtrace`, over those without.

    python -m benchmarks.trace --pairs 3

Each pair trains once in each way, in alternating order; the figure is the median of the ratios.
"""

import argparse
import statistics
import sys

from benchmarks.loop import measure

STEPS = 40_000


def ratios(pairs: int, steps: int) -> list[float]:
    """Return the ratio of each pair of trainings.

    Args:
        pairs: Number of pairs.
        steps: Environment steps of a training.
    """
    found = []
    for pair in range(pairs):
        rates = {}
        for options in (("--simtrace",), ()) if pair % 2 else ((), ("--simtrace",)):
            rates[options], _ = measure(steps, *options)
        found.append(rates["--simtrace",] / rates[()])
    return found


def main() -> int:
    """Print the ratios and their median."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trace", description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="pairs of trainings (default: 3)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"steps of a training (default: {STEPS})")
    options = parser.parse_args()
    found = ratios(options.pairs, options.steps)
    print(", ".join(f"{ratio:.3f}" for ratio in found))
    print(f"env steps per second with --simtrace over those without: {statistics.median(found):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
