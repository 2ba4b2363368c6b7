"""Decode many files in parallel, in order, with little memory."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from scallion import session
from scallion.images.reading import decoding_processes
from scallion.images.reading.chunks import Chunk, ChunkDecoder, DecodingJob
from scallion.images.reading.decoding import ignore_pillow_warnings
from scallion.images.reading.listing import ImageListing
from scallion.images.resizing import ResizeRule

CHUNK_SIZE = 32  # images per job
_QUEUED = 4  # results per thread that may wait for the consumer

T = TypeVar("T")
R = TypeVar("R")
ProgressCallback = Callable[[int, int], None]  # called with images done, and all images


def decode_listing(
    listing: ImageListing,
    resize_rule: ResizeRule,
    *,
    strict: bool,
    progress: ProgressCallback | None = None,
    threads: int | None = None,
) -> Iterator[Chunk]:
    """Yield all images of the listing in order, chunk by chunk, decoded by threads or processes.

    Raises what `ChunkDecoder` raises.
    """
    paths = [os.fsencode(path) for path in listing.paths]
    rows = range(len(listing))
    starts = range(0, len(rows), CHUNK_SIZE)
    jobs: list[DecodingJob] = [
        (rows[at : at + CHUNK_SIZE], paths[at : at + CHUNK_SIZE]) for at in starts
    ]
    done = 0
    count = threads or session.get_threads()
    decoder = ChunkDecoder(listing.root, resize_rule, strict)
    with (
        ignore_pillow_warnings(),
        decoding_processes.decoder_pool(decoder, len(rows), count) as decode,
    ):
        for chunk in map_in_order(decode, jobs, min(count, decoding_processes.MAX_PROCESSES)):
            done += len(chunk.metadata) + len(chunk.unreadable)
            if progress is not None:
                progress(done, len(rows))
            yield chunk


def map_in_order(
    function: Callable[[T], R], tasks: Sequence[T], threads: int | None = None
) -> Iterator[R]:
    """Yield the function of each task, computed in threads, in order; few results are queued."""
    threads = threads or session.get_threads()
    queued: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="scallion-images")
    try:
        for task in tasks:
            queued.append(pool.submit(function, task))
            if len(queued) > threads * _QUEUED:
                yield queued.popleft().result()
        while queued:
            yield queued.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
