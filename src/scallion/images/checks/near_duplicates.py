"""Pictures that are there more than once: exact ones by digest, others by how they look.

A perceptual hash proposes: the 35 lowest frequencies of the grey picture, of which the cosine is
taken. What decides is how much of one picture the other does not explain, band by band of
frequencies, each made as strong in one as in the other, since resizing weakens the high ones.
Re-encoding leaves a few grey values, whatever the picture shows; resizing leaves more, but only
where it took the finest details away, and that they are missing can be seen. Another garment of the
same cut differs by more than either. The limits are measured on planted copies of Fashion-MNIST and
CIFAR-10 (`benchmarks/planted_duplicates.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scallion import mapped_memory

PROPOSED = 0.997  # cosine of the frequencies below _COARSE, which halving the size keeps
ALIKE = 0.99  # correlation of the frequencies below _FINE, band by band
NOISE = 8.0  # squared grey values a pixel below _FINE that re-encoding may change
ALIASED = 0.03  # share of the energy lost above _FINE that resizing may leave below it
GAIN = 1.1  # how many times the contrast of one may be that of the other, below _COARSE
MOST = 150_000  # pictures that are compared with each other: the time grows with the square
MOST_PAIRS = 200_000
_COARSE, _FINE = 6, 12
_TINY = 1e-6
_FLAT = 3.0  # standard deviation of grey values below which noise decides what looks alike
_ROWS, _COLUMNS = 512, 8192
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Pairs = NDArray[np.int64]  # (m, 2), the smaller row first


@dataclass(frozen=True, slots=True, eq=False)
class NearDuplicates:
    """Pairs of rows that look the same, and pairs that do once one is mirrored."""

    same: Pairs
    mirrored: Pairs


def copies(*digests: NDArray[np.void]) -> NDArray[np.int64]:
    """For each row the first row with the same contents, by any of the digests: itself, mostly."""
    first = np.arange(len(digests[0]))
    for digest in digests:
        _, where, back = np.unique(digest, return_index=True, return_inverse=True)
        earliest = np.full(len(where), len(first))
        np.minimum.at(earliest, back, first)
        first = earliest[back]
    return first[first]


def find_near_duplicates(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NearDuplicates:
    """Which of these rows of pixels (n, h, w, c) look the same; nearly constant ones are left out.

    Copies that were re-encoded, resized, or made a little brighter are found; crops are not, and
    neither is another thing that differs from the first in more than those do.
    """
    coarse, spread = _described(pixels, rows, _COARSE)
    kept = spread >= _FLAT
    rows, coarse = rows[kept], coarse[kept]
    same = _decided(pixels, rows, _pairs(coarse, coarse), mirrored=False)
    flipped = _decided(
        pixels, rows, _pairs(coarse, coarse * _mirror(pixels, _COARSE)), mirrored=True
    )
    known = set(map(tuple, same.tolist()))
    apart = [pair for pair in flipped.tolist() if tuple(pair) not in known]
    return NearDuplicates(same, np.array(apart, np.int64).reshape(-1, 2))


def grey(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The brightness (n, h, w) of pictures (n, h, w, 1 or 3), 0 to 255."""
    if pixels.shape[-1] == 1:
        return pixels[..., 0].astype(np.float32)
    return pixels.astype(np.float32) @ _LUMA


def frequencies(length: int, count: int) -> NDArray[np.float32]:
    """The first rows of the orthonormal cosine transform (DCT-II) of so many samples."""
    at = (np.arange(length) + 0.5) * np.pi / length
    table = np.cos(np.arange(min(count, length))[:, None] * at) * np.sqrt(2 / length)
    table[0] /= np.sqrt(2)
    return table.astype(np.float32)


def _described(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit vectors (n, count² - 1) of the lowest frequencies, and the spread of the grey values."""
    width = min(count, pixels.shape[1]) * min(count, pixels.shape[2]) - 1
    vectors = np.empty((len(rows), width), np.float32)
    spread = np.empty(len(rows), np.float32)
    for part in mapped_memory.chunk_slices(pixels, len(rows)):
        values = grey(pixels[rows[part]])
        spread[part] = values.std(axis=(1, 2))
        vectors[part] = _transformed(values, count).reshape(len(values), -1)[:, 1:]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, 1e-6), spread


def _mirror(pixels: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    """What mirroring left and right does to the frequencies: every second one changes its sign."""
    signs = np.ones((min(count, pixels.shape[1]), min(count, pixels.shape[2])), np.float32)
    signs[:, 1::2] = -1
    return signs.reshape(-1)[1:]


def _pairs(one: NDArray[np.float32], other: NDArray[np.float32]) -> Pairs:
    """All pairs of rows whose cosine is above the limit, a block of the large table at a time."""
    found = [np.empty((0, 2), np.int64)]
    count = 0
    for top, left in _blocks(len(one)):
        cosines = one[top : top + _ROWS] @ other[left : left + _COLUMNS].T
        near = cosines >= PROPOSED
        if near.any():
            first, second = np.nonzero(near)
            first, second = first + top, second + left
            above = second > first
            found.append(np.stack([first[above], second[above]], axis=1))
            count += int(above.sum())
        if count > MOST_PAIRS:
            break
    return np.concatenate(found)[:MOST_PAIRS]


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    for top in range(0, count, _ROWS):
        for left in range(top // _COLUMNS * _COLUMNS, count, _COLUMNS):
            yield top, left


def _decided(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], pairs: Pairs, *, mirrored: bool
) -> Pairs:
    """The proposed pairs of which one explains the other, as rows of `pixels`, in order."""
    good = [np.empty((0, 2), np.int64)]
    for part in mapped_memory.chunk_slices(pixels, len(pairs)):
        some = rows[pairs[part]]
        (one, fine), (other, finest) = (_split(grey(pixels[some[:, side]])) for side in (0, 1))
        if mirrored:
            other[:, :, 1::2] *= -1
        good.append(some[_agree(one, other, np.abs(fine - finest))])
    found = np.sort(np.concatenate(good), axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def _split(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The frequencies (n, fine, fine) below _FINE, whose squares add up to the variance of the
    pixels, and what the frequencies above add to it (n,)."""
    low = _transformed(values, _FINE) / np.float32(np.sqrt(values[0].size))
    fine = values.var(axis=(1, 2)) - (low * low).sum(axis=(1, 2))
    return low, np.maximum(fine, 0)


def _agree(
    one: NDArray[np.float32], other: NDArray[np.float32], lost: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Whether pictures (n, fine, fine), as frequencies, show the same, where so much of the finer
    ones (n,) is in only one of them."""
    product, most, unexplained = np.zeros((3, len(one)), np.float32)
    places = np.indices(one.shape[1:]).max(axis=0)
    for band in range(1, int(places.max()) + 1):
        a, b = one[:, places == band], other[:, places == band]
        ab, aa, bb = (a * b).sum(axis=1), (a * a).sum(axis=1), (b * b).sum(axis=1)
        product, most = product + ab, most + np.sqrt(aa * bb)
        # What is left of the weaker one when the stronger, at its best strength, is taken away:
        # where a blur has emptied a band there is nothing left to disagree.
        strong = np.maximum(np.maximum(aa, bb), _TINY)
        unexplained += np.minimum(aa, bb) - np.maximum(ab, 0) ** 2 / strong
    # Contrast as the root of the energy: the same whichever of the two comes first.
    contrast, its = (
        np.linalg.norm(side[:, :_COARSE, :_COARSE], axis=(1, 2)) for side in (one, other)
    )
    return (
        (product >= ALIKE * most)
        & (contrast <= GAIN * its)
        & (its <= GAIN * contrast)
        & (unexplained <= NOISE + ALIASED * lost)
    )


def _transformed(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The lowest frequencies (n, count, count) of grey values, without the mean."""
    down, across = (frequencies(length, count) for length in values.shape[1:3])
    found = np.asarray(down @ values @ across.T, np.float32)
    found[:, 0, 0] = 0
    return found
