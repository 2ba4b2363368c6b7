"""Pictures that are there more than once: exact ones by digest, others by how they look.

A perceptual hash proposes: the 63 lowest frequencies of the grey picture, of which the cosine is
taken. The correlation of the aligned, slightly smoothed pixels decides, and that they differ much
at no place. The limits are measured on planted copies of Fashion-MNIST and CIFAR-10: re-encoded and
resized copies are within them, and most pictures of another thing of the same kind are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scallion import mapped

PROPOSED = 0.997  # cosine of the lowest frequencies
ALIKE = 0.985  # correlation of the pixels, smoothed to the frequencies below _FINE
MOST = 150_000  # pictures that are compared with each other: the time grows with the square
MOST_PAIRS = 200_000
LOCAL = 0.25  # largest difference at one place, in standard deviations: prints and patterns
GAIN = (0.8, 1.25)  # how much brighter or darker a copy may be
_COARSE, _FINE = 8, 12
_FLAT = 3.0  # standard deviation of grey values below which noise decides what looks alike
_ROWS, _COLUMNS = 512, 8192
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Pairs = NDArray[np.int64]  # (m, 2), the smaller row first


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
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


def look_alike(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> Alike:
    """Which of these rows of pixels (n, h, w, c) look the same; nearly constant ones are left out.

    Copies that were re-encoded, resized, or made a little brighter are found; crops are not.
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
    return Alike(same, np.array(apart, np.int64).reshape(-1, 2))


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
    height, width = pixels.shape[1:3]
    down, across = frequencies(height, count), frequencies(width, count)
    vectors = np.empty((len(rows), len(down) * len(across) - 1), np.float32)
    spread = np.empty(len(rows), np.float32)
    for part in mapped.parts(pixels, len(rows)):
        values = grey(pixels[rows[part]])
        spread[part] = values.std(axis=(1, 2))
        vectors[part] = (down @ values @ across.T).reshape(len(values), -1)[:, 1:]
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
    """The proposed pairs whose smoothed pixels agree, as rows of `pixels`, in order."""
    good = [np.empty((0, 2), np.int64)]
    for part in mapped.parts(pixels, len(pairs)):
        some = rows[pairs[part]]
        one, _ = _described(pixels, some[:, 0], _FINE)
        other, _ = _described(pixels, some[:, 1], _FINE)
        if mirrored:
            other = other * _mirror(pixels, _FINE)
        agree = (one * other).sum(axis=1) >= ALIKE
        agree &= _agree_everywhere(pixels, some, mirrored=mirrored)
        good.append(some[agree])
    found = np.sort(np.concatenate(good), axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def _agree_everywhere(
    pixels: NDArray[np.uint8], pairs: Pairs, *, mirrored: bool
) -> NDArray[np.bool_]:
    """Whether two smoothed pictures differ nowhere, once one is made as bright as the other."""
    down, across = (frequencies(length, _COARSE) for length in pixels.shape[1:3])
    one, other = (down @ grey(pixels[rows]) @ across.T for rows in (pairs[:, 0], pairs[:, 1]))
    one[:, 0, 0] = other[:, 0, 0] = 0
    if mirrored:
        other[:, :, 1::2] *= -1
    gain = (one * other).sum(axis=(1, 2)) / np.maximum((other**2).sum(axis=(1, 2)), 1e-6)
    apart = np.abs(down.T @ (one - gain[:, None, None] * other) @ across).max(axis=(1, 2))
    area = pixels.shape[1] * pixels.shape[2]
    spread = np.sqrt((one**2).sum(axis=(1, 2)) / area)
    return (apart <= LOCAL * spread) & (gain >= GAIN[0]) & (gain <= GAIN[1])
