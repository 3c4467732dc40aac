"""A PNG from a matrix of small integers, each a colour of a palette."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from gradcheck.arrays import Array

Colour = tuple[int, int, int, int]
"""Red, green, blue and opacity, from 0 to 255."""


def png(levels: Array, palette: Sequence[Colour]) -> bytes:
    """Return a picture with one pixel for each of `levels`, which are indices into `palette`."""
    height, width = levels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits per pixel, of a palette
    rows = b"".join(b"\0" + bytes(row.tolist()) for row in levels)  # 0: the row is written as it is
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", bytes(part for colour in palette for part in colour[:3])),
            _chunk(b"tRNS", bytes(colour[3] for colour in palette)),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
