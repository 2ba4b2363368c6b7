"""The value range of a data set whose images have more than 8 bits per channel."""

import os
from collections.abc import Iterable
from functools import partial

from scallion.errors import FileError
from scallion.images.reading import decoding
from scallion.images.reading.high_depth import StoredRange, ValueRange, choose_value_range
from scallion.images.reading.parallel_decoding import map_in_order

StrPath = str | os.PathLike[str]


def find_value_range(paths: Iterable[StrPath], *, follow_links: bool = True) -> ValueRange:
    """Return the stored values that become 0 and 255, from all high-depth images among the files.

    Unreadable files are left out. Without any high-depth image it is that of 16 bits.
    """
    found = map_in_order(partial(_stored_range, follow_links=follow_links), list(paths))
    ranges = [one for one in found if one is not None]
    return choose_value_range(ranges) if ranges else (0.0, 65535.0)


def _stored_range(path: StrPath, *, follow_links: bool) -> StoredRange | None:
    try:
        return decoding.read_stored_range(decoding.read_bytes(path, follow_links=follow_links))
    except FileError:
        return None
