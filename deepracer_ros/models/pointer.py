# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What a pointer of a run's models says: `last` or `best`, or an announcement."""

from dataclasses import dataclass, field
from typing import Literal

PointerName = Literal["last", "best"]
"""Name of a pointer of a run's models."""


@dataclass(frozen=True)
class Pointer:
    """Content of the pointer `last.json` or `best.json`.

    Attributes:
        version: Version of the model that the pointer names.
        sha256: SHA-256 of that model's policy, hexadecimal.
        etag: ETag of the pointer object, the condition for moving it; ignored when pointers are compared.
        epoch: Number of the trainer that moved the pointer, in the order of all trainers of the run; 0 where only one
            can be alive. Ignored when pointers are compared.
    """

    version: int
    sha256: str
    etag: str = field(default="", compare=False)
    epoch: int = field(default=0, compare=False)
