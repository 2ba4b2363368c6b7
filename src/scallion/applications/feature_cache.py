"""A cache of features on disk, so that the second training on the same images starts at once."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import files
from scallion.applications.pretrained_weights import LITE0
from scallion.engine import capabilities
from scallion.errors import FileError

VERSION = 1  # raise it when features are computed differently
MAX_FILES = 24

Compute = Callable[[NDArray[Any]], NDArray[np.float32]]


def cached_features(images: NDArray[Any], scale: float, compute: Compute) -> NDArray[np.float32]:
    """Return the features (n, d) of images, from the cache or from `compute`.

    The key is a hash of the pixels, their scale, the network's weights and the engine's arithmetic.
    A cache that cannot be written or read is not used.
    """
    path = _path(images, scale)
    if path is not None:
        with suppress(OSError, ValueError, EOFError):
            found = np.load(path, allow_pickle=False)
            if found.dtype == np.float32 and found.ndim == 2 and len(found) == len(images):
                path.touch()
                return found
    features = compute(images)
    if path is not None:
        with suppress(FileError):
            files.make_folder(path.parent)
            with files.atomic_write(path) as file:
                np.save(file, features, allow_pickle=False)
            _remove_old(path.parent)
    return features


def _path(images: NDArray[Any], scale: float) -> Path | None:
    """Return the path of the features, or None where there is no place for a cache."""
    here = capabilities()
    # Instruction sets with fused multiply-adds give the same bits; others round differently.
    arithmetic = here.instruction_set in (None, "baseline")
    key = [VERSION, LITE0.sha256, images.shape, str(images.dtype), scale, arithmetic]
    digest = hashlib.sha256(repr(key).encode())
    rows = max(1, 2**24 // max(1, images[:1].nbytes))
    for start in range(0, len(images), rows):
        digest.update(np.ascontiguousarray(images[start : start + rows]).data)
    try:
        return files.cache_dir() / "features" / f"{digest.hexdigest()[:32]}.npy"
    except FileError:
        return None


def _remove_old(folder: Path) -> None:
    """Remove all features but those that were used most recently."""
    with suppress(OSError):
        found = sorted(folder.glob("*.npy"), key=lambda path: -path.stat().st_mtime_ns)
        for path in found[MAX_FILES:]:
            path.unlink(missing_ok=True)


__all__ = ["MAX_FILES", "cached_features"]
