"""The index entry of a segment in Redis: where each step lies, so that single steps can be fetched by byte range."""

import json
from dataclasses import dataclass

from deepracer_ros.errors import InputError
from deepracer_ros.experience.encoding import Block, Layout


@dataclass(frozen=True)
class Ranges:
    """Where the rows of an encoded segment lie.

    Attributes:
        table: Start of the steps, bytes.
        row_bytes: Bytes of a step.
        blocks: Of each observation, by its name.
    """

    table: int
    row_bytes: int
    blocks: dict[str, Block]


def write_layout(layout: Layout) -> str:
    """Return a layout as one line of JSON."""
    blocks = {name: [block.start, block.dtype, list(block.shape)] for name, block in layout.blocks.items()}
    return json.dumps([layout.table, layout.row.itemsize, blocks], separators=(",", ":"))


def read_layout(text: bytes, where: str) -> Ranges:
    """Return what `write_layout` wrote.

    Raises:
        InputError: if it is something else.
    """
    try:
        table, row_bytes, blocks = json.loads(text)
        found = {name: Block(start, dtype, tuple(shape)) for name, (start, dtype, shape) in blocks.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: its layout cannot be read ({error}); run one release everywhere") from error
    return Ranges(table, row_bytes, found)
