"""The size in pixels that `--model pretrained` sees images in: larger is better, and slower."""

from collections.abc import Callable
from time import perf_counter

import numpy as np

from scallion import session
from scallion.applications.pretrained import PRETRAINED

SIZES = (224, 160, 128)
_MOST_IMAGES = {224: 1_000, 160: 4_000}  # that features of this size are computed for
_LEAST_EPOCHS = 12  # of fine-tuning that must fit into the time
_TRAINING = 4.2  # an image takes so many times as long in training as for its features
_FIXED_SECONDS = 6.0  # for the start, the linear classifier, the forecast and the diagnosis
_BATCH = 32

Measure = Callable[[], float]


def size_for_count(images: int) -> int:
    """Return the size for so many images, where no time is given.

    >>> size_for_count(240), size_for_count(3_000), size_for_count(50_000)
    (224, 160, 128)
    """
    return next((size for size in SIZES if images <= _MOST_IMAGES.get(size, images)), SIZES[-1])


def size_for_time(
    images: int, training_images: int, seconds: float, measure: Measure | None = None
) -> int:
    """Return the largest size that leaves time for fine-tuning, measured on this machine.

    `images` are those of all splits. `measure` returns how many images of 128 pixels are computed
    per second.

    >>> [size_for_time(1_100, 800, seconds, lambda: 500) for seconds in (60, 180, 600)]
    [128, 160, 224]
    """
    speed = (measure or _measured_speed)()
    for size in SIZES[:-1]:
        per_image = (size / SIZES[-1]) ** 2 / speed
        epoch = per_image * (_TRAINING * training_images + images - training_images)
        if seconds - _FIXED_SECONDS - per_image * images >= _LEAST_EPOCHS * epoch:
            return size
    return SIZES[-1]


def _measured_speed() -> float:
    """Return how many images of 128 pixels the network computes per second; the best of three."""
    with session.isolated_session():
        model = PRETRAINED.build((SIZES[-1], SIZES[-1], 3), 2, scale=1 / 255)
        images = np.zeros((_BATCH, SIZES[-1], SIZES[-1], 3), np.uint8)
        model.predict(images, batch_size=_BATCH, verbose=0)  # sets the engine up
        best = 0.0
        for _ in range(3):
            started = perf_counter()
            model.predict(images, batch_size=_BATCH, verbose=0)
            best = max(best, _BATCH / (perf_counter() - started))
    return best


__all__ = ["SIZES", "size_for_count", "size_for_time"]
