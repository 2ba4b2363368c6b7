"""The cache of features: read again for equal images, computed for all others."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scallion.applications import feature_cache
from scallion.applications.feature_cache import cached_features


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCALLION_CACHE", str(tmp_path))
    return tmp_path / "features"


class Counter:
    """Computes features, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, images: Any) -> Any:
        self.calls += 1
        return images.reshape(len(images), -1).astype(np.float32)


IMAGES = np.arange(48, dtype=np.uint8).reshape(4, 2, 2, 3)


def test_equal_images_are_computed_once() -> None:
    compute = Counter()
    first = cached_features(IMAGES, 1.0, compute)
    again = cached_features(IMAGES.copy(), 1.0, compute)
    np.testing.assert_array_equal(first, again)
    assert compute.calls == 1


@pytest.mark.parametrize(
    ("images", "scale"),
    [
        (IMAGES + np.uint8(1), 1.0),
        (IMAGES[:3], 1.0),
        (IMAGES.reshape(4, 1, 4, 3), 1.0),
        (IMAGES.astype(np.float32), 1.0),
        (IMAGES, 0.5),
    ],
)
def test_other_images_or_scales_are_computed(images: Any, scale: float) -> None:
    compute = Counter()
    cached_features(IMAGES, 1.0, compute)
    cached_features(images, scale, compute)
    assert compute.calls == 2


def test_a_damaged_file_is_computed_again(cache: Path) -> None:
    compute = Counter()
    cached_features(IMAGES, 1.0, compute)
    (path,) = cache.iterdir()
    path.write_bytes(path.read_bytes()[:40])
    cached_features(IMAGES, 1.0, compute)
    cached_features(IMAGES, 1.0, compute)
    assert compute.calls == 2


def test_only_recent_features_are_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_cache, "MAX_FILES", 2)
    for number in range(4):
        cached_features(IMAGES + np.uint8(number), 1.0, Counter())
    assert len(list(cache.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_not_used(cache: Path) -> None:
    cache.write_text("a file in place of the folder")
    assert len(cached_features(IMAGES, 1.0, Counter())) == 4
