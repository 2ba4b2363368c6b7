"""Decodes many files at once, in order, with little memory; what cannot be read is named."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from scallion import session
from scallion.images.reading import decoding, decoding_processes
from scallion.images.reading.chunks import Chunk, ChunkDecoder, Job
from scallion.images.reading.listing import ImageListing
from scallion.images.resizing import ResizeRule

CHUNK = 32  # pictures that a thread decodes at a time
_AHEAD = 4  # chunks a thread that may wait to be written

T = TypeVar("T")
R = TypeVar("R")
Report = Callable[[int, int], None]  # pictures done, and all of them


def decode(
    listing: ImageListing,
    resize_rule: ResizeRule,
    *,
    strict: bool,
    report: Report | None = None,
    threads: int | None = None,
) -> Iterator[Chunk]:
    """All pictures of the listing in its order, a chunk at a time, by threads or by processes.

    Raises what `ChunkDecoder` raises.
    """
    paths = [os.fsencode(path) for path in listing.paths]
    rows = range(len(listing))
    starts = range(0, len(rows), CHUNK)
    jobs: list[Job] = [(rows[at : at + CHUNK], paths[at : at + CHUNK]) for at in starts]
    done = 0
    count = threads or session.get_threads()
    work = ChunkDecoder(listing.root, resize_rule, strict)
    with (
        decoding.ignore_pillow_warnings(),
        decoding_processes.decoder_pool(work, len(rows), count) as decode_job,
    ):
        for chunk in in_order(decode_job, jobs, min(count, decoding_processes.MOST)):
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
