"""Find images that occur more than once: exact copies by digest, near-duplicates by content.

Candidates are found by a perceptual hash: the cosine similarity of the 35 lowest DCT coefficients
of the greyscale images. They are then compared in bands of frequencies. Each band is scaled to
equal energy in both images, since resizing weakens high frequencies. The energy of one image that
the other does not explain decides. Re-encoding leaves a few grey values, whatever the image shows.
Resizing leaves more, but only where it removed the finest details, which can be measured. A similar
garment differs by more than either. The thresholds were measured on planted copies
in Fashion-MNIST and CIFAR-10 (`benchmarks/planted_duplicates.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scallion import mapped_memory

CANDIDATE = 0.997  # cosine of the frequencies below _COARSE, which halving the size keeps
CORRELATION = 0.99  # of the frequencies below _FINE, band by band
NOISE = 8.0  # squared grey values per pixel below _FINE that re-encoding may change
ALIASED = 0.03  # fraction of the energy lost above _FINE that resizing may leave below it
GAIN = 1.1  # ratio of the contrasts below _COARSE, at most
MAX_IMAGES = 150_000  # that are compared with each other: the time grows with the square
MAX_PAIRS = 200_000
_COARSE, _FINE = 6, 12
_TINY = 1e-6
_FLAT = 3.0  # standard deviation of grey values, below which noise decides what is similar
_ROWS, _COLUMNS = 512, 8192
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Pairs = NDArray[np.int64]  # (m, 2), the smaller row first


@dataclass(frozen=True, slots=True, eq=False)
class NearDuplicates:
    """Pairs of rows with near-duplicates, and pairs that are once one image is mirrored."""

    same: Pairs
    mirrored: Pairs


def first_occurrences(*digests: NDArray[np.void]) -> NDArray[np.int64]:
    """Return for each row the first row that is equal in any of the digests: (n,)."""
    first = np.arange(len(digests[0]))
    for digest in digests:
        _, where, inverse = np.unique(digest, return_index=True, return_inverse=True)
        earliest = np.full(len(where), len(first))
        np.minimum.at(earliest, inverse, first)
        first = earliest[inverse]
    return first[first]


def find_near_duplicates(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NearDuplicates:
    """Find near-duplicates among these rows of pixels (n, h, w, c); near-constant ones are skipped.

    Copies that were re-encoded, resized, or made a little brighter are found. Crops are not, and
    neither are different things that look similar.
    """
    coarse, spread = _hash_vectors(pixels, rows, _COARSE)
    kept = spread >= _FLAT
    rows, coarse = rows[kept], coarse[kept]
    same = _verify(pixels, rows, _candidates(coarse, coarse), mirrored=False)
    flipped = _verify(
        pixels, rows, _candidates(coarse, coarse * _mirror_signs(pixels, _COARSE)), mirrored=True
    )
    known = set(map(tuple, same.tolist()))
    mirrored = [pair for pair in flipped.tolist() if tuple(pair) not in known]
    return NearDuplicates(same, np.array(mirrored, np.int64).reshape(-1, 2))


def to_greyscale(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma (n, h, w) of images (n, h, w, 1 or 3), from 0 to 255."""
    if pixels.shape[-1] == 1:
        return pixels[..., 0].astype(np.float32)
    return pixels.astype(np.float32) @ _LUMA


def dct_matrix(length: int, count: int) -> NDArray[np.float32]:
    """Return the first rows of the orthonormal DCT-II matrix: (count, length)."""
    at = (np.arange(length) + 0.5) * np.pi / length
    table = np.cos(np.arange(min(count, length))[:, None] * at) * np.sqrt(2 / length)
    table[0] /= np.sqrt(2)
    return table.astype(np.float32)


def _hash_vectors(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return unit vectors of low DCT coefficients (n, count² - 1), and standard deviations (n,)."""
    width = min(count, pixels.shape[1]) * min(count, pixels.shape[2]) - 1
    vectors = np.empty((len(rows), width), np.float32)
    spread = np.empty(len(rows), np.float32)
    for part in mapped_memory.chunk_slices(pixels, len(rows)):
        values = to_greyscale(pixels[rows[part]])
        spread[part] = values.std(axis=(1, 2))
        vectors[part] = _low_frequencies(values, count).reshape(len(values), -1)[:, 1:]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, 1e-6), spread


def _mirror_signs(pixels: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    """Return the signs by which mirroring left and right multiplies the DCT coefficients."""
    signs = np.ones((min(count, pixels.shape[1]), min(count, pixels.shape[2])), np.float32)
    signs[:, 1::2] = -1
    return signs.reshape(-1)[1:]


def _candidates(one: NDArray[np.float32], other: NDArray[np.float32]) -> Pairs:
    """Return all pairs of rows whose cosine reaches the threshold, computed in blocks."""
    found = [np.empty((0, 2), np.int64)]
    count = 0
    for top, left in _blocks(len(one)):
        cosines = one[top : top + _ROWS] @ other[left : left + _COLUMNS].T
        near = cosines >= CANDIDATE
        if near.any():
            first, second = np.nonzero(near)
            first, second = first + top, second + left
            above = second > first
            found.append(np.stack([first[above], second[above]], axis=1))
            count += int(above.sum())
        if count > MAX_PAIRS:
            break
    return np.concatenate(found)[:MAX_PAIRS]


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    for top in range(0, count, _ROWS):
        for left in range(top // _COLUMNS * _COLUMNS, count, _COLUMNS):
            yield top, left


def _verify(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], pairs: Pairs, *, mirrored: bool
) -> Pairs:
    """Return the candidates that are near-duplicates, as sorted rows of `pixels`."""
    accepted = [np.empty((0, 2), np.int64)]
    for part in mapped_memory.chunk_slices(pixels, len(pairs)):
        some = rows[pairs[part]]
        (one, fine), (other, other_fine) = (
            _split_frequencies(to_greyscale(pixels[some[:, side]])) for side in (0, 1)
        )
        if mirrored:
            other[:, :, 1::2] *= -1
        accepted.append(some[_agree(one, other, np.abs(fine - other_fine))])
    found = np.sort(np.concatenate(accepted), axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def _split_frequencies(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return DCT coefficients below frequency _FINE (n, fine, fine), and the variance above (n,).

    The squares of all coefficients sum to the variance of the pixels.
    """
    low = _low_frequencies(values, _FINE) / np.float32(np.sqrt(values[0].size))
    fine = values.var(axis=(1, 2)) - (low * low).sum(axis=(1, 2))
    return low, np.maximum(fine, 0)


def _agree(
    one: NDArray[np.float32], other: NDArray[np.float32], lost: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Compare pairs of images by their DCT coefficients (n, fine, fine); True for duplicates.

    `lost` (n,) is the difference of their variances above frequency _FINE.
    """
    product, bound, unexplained = np.zeros((3, len(one)), np.float32)
    places = np.indices(one.shape[1:]).max(axis=0)
    for band in range(1, int(places.max()) + 1):
        a, b = one[:, places == band], other[:, places == band]
        ab, aa, bb = (a * b).sum(axis=1), (a * a).sum(axis=1), (b * b).sum(axis=1)
        product, bound = product + ab, bound + np.sqrt(aa * bb)
        # The residual of the weaker one after projection on the stronger: where blurring has
        # emptied a band there is nothing left to disagree.
        strong = np.maximum(np.maximum(aa, bb), _TINY)
        unexplained += np.minimum(aa, bb) - np.maximum(ab, 0) ** 2 / strong
    # Contrast as the root of the energy: symmetric in both images.
    contrast, other_contrast = (
        np.linalg.norm(side[:, :_COARSE, :_COARSE], axis=(1, 2)) for side in (one, other)
    )
    return (
        (product >= CORRELATION * bound)
        & (contrast <= GAIN * other_contrast)
        & (other_contrast <= GAIN * contrast)
        & (unexplained <= NOISE + ALIASED * lost)
    )


def _low_frequencies(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return the lowest DCT coefficients (n, count, count) of grey values, the mean set to 0."""
    down, across = (dct_matrix(length, count) for length in values.shape[1:3])
    found = np.asarray(down @ values @ across.T, np.float32)
    found[:, 0, 0] = 0
    return found
