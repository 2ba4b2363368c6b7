"""ImageNet's preprocessing and class names, as in `keras.applications.imagenet_utils`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, ShapeError
from scallion.files import read_bytes
from scallion.layers.base.argument_checks import require_channels_last

CLASS_INDEX = Path(__file__).parent / "data" / "imagenet_class_index.json"

_MEAN, _STDDEV = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # RGB, of pixels from 0 to 1
_CAFFE_MEAN = (103.939, 116.779, 123.68)  # BGR, of pixels from 0 to 255


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> NDArray[Any]:
    """Return images with RGB values from 0 to 255 as a network with this `mode` expects them.

    "tf" scales to -1..1; "torch" scales to 0..1, then standardizes each channel; "caffe" subtracts
    each channel's mean, in the order BGR. Float arrays are changed in place by "tf" and "torch", as
    in Keras. Raises ArgumentError.
    """
    require_channels_last(data_format)
    if mode not in ("caffe", "tf", "torch"):
        raise ArgumentError(
            f"`mode` must be 'caffe', 'tf' or 'torch'. Received: mode={mode!r}",
            hint='mode="tf"',
            field="mode",
            value=mode,
        )
    images: NDArray[Any] = np.asarray(x)
    if not np.issubdtype(images.dtype, np.floating):
        images = images.astype(np.float32)
    if mode == "tf":
        images /= 127.5
        images -= 1.0
    elif mode == "torch":
        images /= 255.0
        images -= np.asarray(_MEAN, images.dtype)
        images /= np.asarray(_STDDEV, images.dtype)
    else:
        images = images[..., ::-1]
        images -= np.asarray(_CAFFE_MEAN, images.dtype)
    return images


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, Any]]]:
    """Return the `top` classes of each prediction: (WordNet number, name, score), best first.

    `preds` (n, 1000) are a network's outputs. Raises ShapeError for another shape.
    """
    scores = np.asarray(preds)
    if scores.ndim != 2 or scores.shape[1] != 1000:
        raise ShapeError(
            "`decode_predictions` expects predictions of ImageNet's classes, of the shape "
            f"(n, 1000). Received: shape {scores.shape}",
            hint="include_top=True",
            field="preds",
            value=preds,
        )
    names = class_index()
    return [
        [(*names[index], row[index]) for index in np.argsort(-row, kind="stable")[:top]]
        for row in scores
    ]


@cache
def class_index() -> list[tuple[str, str]]:
    """Return the WordNet number and the name of each of the 1000 classes."""
    found = json.loads(read_bytes(CLASS_INDEX))
    return [(number, name) for number, name in (found[str(index)] for index in range(len(found)))]


__all__ = ["decode_predictions", "preprocess_input"]
