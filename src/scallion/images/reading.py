"""Decodes many files at once, in order, with little memory; what cannot be read is named."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scallion import session
from scallion.errors import FileError
from scallion.images import decoding
from scallion.images.facts import FACTS, Facts, fact
from scallion.images.listing import Listing
from scallion.images.sizing import Sizing

CHUNK = 32  # pictures that a thread decodes at a time
_AHEAD = 4  # chunks a thread that may wait to be written

T = TypeVar("T")
R = TypeVar("R")
Report = Callable[[int, int], None]  # pictures done, and all of them


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no picture, and why, in words."""

    row: int
    reason: str


@dataclass(slots=True)
class Chunk:
    """Some pictures in order: pixels (n, h, w, c), their facts, and what could not be read."""

    pixels: NDArray[np.uint8]
    facts: Facts
    unreadable: list[Unreadable] = field(default_factory=list)


class Coloured(Exception):  # noqa: N818 (no error: the sample was grey, and not all pictures are)
    """A picture has colours, and the rule that was chosen from a sample has one channel."""


class Deep(Exception):  # noqa: N818 (no error either)
    """A picture has more than 8 bits a pixel, and no range was chosen for it."""


def decode(
    listing: Listing,
    sizing: Sizing,
    *,
    strict: bool,
    report: Report | None = None,
    threads: int | None = None,
) -> Iterator[Chunk]:
    """All pictures of the listing in its order, a chunk at a time.

    Raises Deep where a picture needs a range that the rule does not have; with `strict`, Coloured
    where it has colours and the rule has none.
    """
    rows = range(len(listing))
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    done = 0
    with decoding.quiet():
        for chunk in in_order(
            lambda chunk: _chunk(listing, sizing, chunk, strict), chunks, threads
        ):
            done += len(chunk.facts) + len(chunk.unreadable)
            if report is not None:
                report(done, len(rows))
            yield chunk


def in_order(
    function: Callable[[T], R], tasks: Sequence[T], threads: int | None = None
) -> Iterator[R]:
    """The function of each task, in threads, results in order and never many of them waiting."""
    threads = threads or session.get_threads()
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="scallion-images")
    try:
        for task in tasks:
            waiting.append(pool.submit(function, task))
            if len(waiting) > threads * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _chunk(listing: Listing, sizing: Sizing, rows: Sequence[int], strict: bool) -> Chunk:
    pixels = np.empty((len(rows), *sizing.shape), np.uint8)
    facts: list[tuple] = []
    unreadable: list[Unreadable] = []
    least = max(sizing.height, sizing.width)
    for row in rows:
        try:
            data = decoding.read_bytes(listing.place(row), follow=False)
            image, header = decoding.picture(
                data, sizing.channels, least=least, depths=sizing.depths
            )
        except FileError as error:
            unreadable.append(Unreadable(row, decoding.reason(error)))
            continue
        if strict and sizing.channels == 1 and not header.grey:
            raise Coloured
        if header.deep and sizing.depths is None:
            raise Deep
        fitted = sizing.fitted(image)
        pixels[len(facts)] = fitted
        facts.append(fact(row, header, data, fitted))
    return Chunk(pixels[: len(facts)], np.array(facts, FACTS), unreadable)
