# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The layout of a segment in its Redis index entry, by which single steps are fetched by byte range."""

import json
from dataclasses import dataclass

from deepracer_ros.errors import InputError
from deepracer_ros.experience.encoding import Block, Layout


@dataclass(frozen=True)
class Ranges:
    """Positions of the rows of an encoded segment.

    Attributes:
        table: Offset of the table of steps from the start of the segment, bytes.
        row_bytes: Size of one row of the table, bytes.
        blocks: Block of each observation, by sensor name.
    """

    table: int
    row_bytes: int
    blocks: dict[str, Block]


def write_layout(layout: Layout) -> str:
    """Return the layout of an encoded segment as one line of JSON, for its index entry in Redis."""
    blocks = {name: [block.start, block.dtype, list(block.shape)] for name, block in layout.blocks.items()}
    return json.dumps([layout.table, layout.row.itemsize, blocks], separators=(",", ":"))


def read_layout(text: bytes, where: str) -> Ranges:
    """Return the layout that `write_layout` wrote.

    Args:
        text: The line of JSON.
        where: Name of the segment for error messages.

    Raises:
        InputError: if the text is not such a layout.
    """
    try:
        table, row_bytes, blocks = json.loads(text)
        found = {name: Block(start, dtype, tuple(shape)) for name, (start, dtype, shape) in blocks.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: its layout cannot be read ({error}); run one release everywhere") from error
    return Ranges(table, row_bytes, found)
