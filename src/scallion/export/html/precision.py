"""Weights stored with fewer bits, and what that costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ExportError
from scallion.models import Model

_BATCH = 256
Validation = tuple[NDArray[Any], NDArray[Any]] | None


@contextmanager
def weights_as(model: Model, precision: str) -> Iterator[None]:
    """Round the weights of a model for the duration of the block. Raises ExportError.

    It is raised where a weight is too large for the precision.
    """
    if precision == "float32":
        yield
        return
    exact = model.get_weights()
    with np.errstate(over="ignore"):
        rounded = [
            one.astype(precision).astype(one.dtype) if one.dtype == np.float32 else one
            for one in exact
        ]
    if not all(np.isfinite(one).all() for one in rounded):
        raise ExportError(
            f"a weight of {model.name!r} is too large for {precision}", hint="--precision float32"
        )
    try:
        model.set_weights(rounded)
        yield
    finally:
        model.set_weights(exact)


def accuracy_change(model: Model, precision: str, validation: Validation) -> str:
    """Return in words how many validation images are classified correctly with rounded weights."""
    if validation is None:
        return f"Weights are stored as {precision}; what that costs was not measured."
    images, labels = validation
    exact = _correct(model, images, labels)
    with weights_as(model, precision):
        rounded = _correct(model, images, labels)
    count = len(labels)
    return (
        f"Weights are stored as {precision}: {rounded / count:.2%} of {count:,} validation images "
        f"are classified correctly, and {exact / count:.2%} with float32."
    )


def _correct(model: Model, images: NDArray[Any], labels: NDArray[Any]) -> int:
    outputs = np.asarray(model.predict(images, batch_size=_BATCH, verbose=0))
    return int((outputs.argmax(axis=-1) == labels).sum())
