"""Counter-based random numbers: a function of where they are used, in any order.

Philox-4x32-10 (Salmon et al. 2011) with the run's 64-bit seed as its key, low word first, and the
counter (block, image, operation, step). `block` counts groups of four elements of an image in
memory order, `image` is the position in the batch, `operation` the index of the layer's call in the
graph, and `step` the number of updates so far. Element e of an image takes word e % 4 of block
e // 4. Normal numbers come in pairs (Box and Muller 1958): elements 2p and 2p + 1 from the upper 24
bits of words 2p and 2p + 1.
"""

import numpy as np

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)


def philox(counter: np.ndarray, seed: int) -> np.ndarray:
    """Return four random words per counter: uint32 (n, 4) -> uint32 (n, 4)."""
    mask = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    a, b, c, d = (counter[:, word].astype(np.uint64) for word in range(4))
    low, high = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        first, second = a * _MULTIPLIERS[0], c * _MULTIPLIERS[1]
        a, b, c, d = (
            (second >> shift) ^ b ^ np.uint64(low),
            second & mask,
            (first >> shift) ^ d ^ np.uint64(high),
            first & mask,
        )
        low, high = (low + _WEYL[0]) & 0xFFFFFFFF, (high + _WEYL[1]) & 0xFFFFFFFF
    return np.stack([a, b, c, d], axis=1).astype(np.uint32)


def words(shape: tuple[int, ...], *, seed: int, step: int, operation: int) -> np.ndarray:
    """Return one random word per element of a batch: uint32 (n, ...)."""
    images, size = shape[0], int(np.prod(shape[1:], dtype=np.int64))
    blocks = -(-size // 4)
    counter = np.empty((images, blocks, 4), np.uint32)
    counter[..., 0] = np.arange(blocks, dtype=np.uint32)
    counter[..., 1] = np.arange(images, dtype=np.uint32)[:, None]
    counter[..., 2] = operation
    counter[..., 3] = step & 0xFFFFFFFF
    drawn = philox(counter.reshape(-1, 4), seed).reshape(images, blocks * 4)
    return drawn[:, :size].reshape(shape)


def normals(shape: tuple[int, ...], *, seed: int, step: int, operation: int) -> np.ndarray:
    """Return one standard normal number per element of a batch: float64 (n, ...)."""
    images, size = shape[0], int(np.prod(shape[1:], dtype=np.int64))
    pairs = -(-size // 2)
    drawn = words((images, 2 * pairs), seed=seed, step=step, operation=operation)
    uniform = (drawn >> np.uint32(8)).astype(np.float64) / 2**24
    radius = np.sqrt(-2 * np.log(uniform[:, 0::2] + 2.0**-25))
    angle = 2 * np.pi * uniform[:, 1::2]
    both = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return both.reshape(images, 2 * pairs)[:, :size].reshape(shape)


def keep_threshold(rate: float) -> int:
    """Return the word below which dropout drops an element: floor(rate * 2**32)."""
    return int(rate * 4294967296.0)


def stream(seed: int, own: int | None) -> int:
    """Return the key of a layer: the run's seed, or the layer's own if it has one."""
    return seed if own is None else own & 0xFFFFFFFFFFFFFFFF
