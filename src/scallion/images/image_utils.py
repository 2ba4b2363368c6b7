"""Keras' `load_img`, `img_to_array`, `array_to_img` and `save_img`."""

import io
import os
import warnings
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from scallion.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    FileError,
    MissingFileError,
    UnknownNameError,
)
from scallion.images.reading import decoding, high_depth
from scallion.images.reading.high_depth import ValueRange
from scallion.layers.base.argument_checks import require_channels_last

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_GREY = ("L", "I;16", "I;16B", "I;16L", "I;16N", "I")
_METHODS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "hamming": Image.Resampling.HAMMING,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
}


def load_img(
    path: str | bytes | PathLike[str] | io.BytesIO,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image.Image:
    """Load an image file with Pillow, resized to `target_size` (height, width) where it is given.

    `keep_aspect_ratio` crops the centre first. As in Keras, "grayscale" keeps the stored values of
    16 bits per pixel, from 0 to 65535; as "rgb" they are scaled to 0 to 255. Raises
    MissingFileError, DataError for an unreadable image, UnknownNameError for an unknown color mode
    or interpolation.
    """
    if color_mode not in _MODES:
        raise UnknownNameError("color mode", color_mode, _MODES)
    image = open_image(path)
    if not (color_mode == "grayscale" and image.mode in _GREY):
        image = convert_mode(image, color_mode)
    if target_size is None:
        return image
    if interpolation not in _METHODS:
        raise UnknownNameError("interpolation", interpolation, _METHODS)
    height, width = target_size
    box = centre_box(image.height, image.width, height, width) if keep_aspect_ratio else None
    if image.size == (width, height):
        return image
    return image.resize((width, height), _METHODS[interpolation], box=box)


def open_image(path: Any) -> Image.Image:
    """Read an image file as it is stored. Raises MissingFileError, DataError."""
    if isinstance(path, io.BytesIO):
        name, source = "the file", path.getvalue()
    elif not isinstance(path, str | bytes | PathLike):
        raise ArgumentTypeError(
            f"an image file is a path or io.BytesIO. Received: {type(path).__name__}",
            hint="load_img('image.png')",
            value=path,
        )
    else:
        name = source = os.fsdecode(path)
        if not Path(name).exists():
            raise MissingFileError(
                f"file {name!r} does not exist",
                hint="check the path; relative ones start at Path.cwd()",
            )
    try:
        return decoding.read_stored_image(source)
    except FileError as error:
        raise DataError(
            f"{name} cannot be read as an image: {decoding.describe_error(error)}",
            hint=error.hint,
        ) from error


def convert_mode(
    image: Image.Image, color_mode: str, value_range: Callable[[], ValueRange] | None = None
) -> Image.Image:
    """Convert an image to a color mode of Keras with 8 bits per channel.

    More bits are scaled so that `value_range` becomes 0 to 255, or else the range of their type.
    """
    if image.mode in high_depth.MODES:
        image = high_depth.scale_to_bytes(image, None if value_range is None else value_range())
    return image.convert(_MODES[color_mode])


def centre_box(height: int, width: int, to_height: int, to_width: int) -> tuple[int, int, int, int]:
    """Return the largest centred box of the target's aspect ratio: (left, upper, right, lower).

    >>> centre_box(100, 300, 64, 64)
    (100, 0, 200, 100)
    """
    box_height = min(height, width * to_height // to_width)
    box_width = min(width, height * to_width // to_height)
    upper, left = (height - box_height) // 2, (width - box_width) // 2
    return left, upper, left + box_width, upper + box_height


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """Convert an image to an array (height, width, channels), float32 unless `dtype` is given.

    Raises ArgumentError for other than two or three axes.
    """
    require_channels_last(data_format)
    array = np.asarray(img, dtype="float32" if dtype is None else dtype)
    if array.ndim not in (2, 3):
        raise ArgumentError(
            f"an image has two or three axes. Received: an array of {array.shape}",
            hint="img_to_array(load_img('image.png'))",
        )
    return array[..., None] if array.ndim == 2 else array


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Image.Image:
    """Convert an array (height, width, channels) to an image.

    With `scale`, its lowest value becomes 0 and its highest 255. Raises ArgumentError for other
    than 1, 3 or 4 channels.
    """
    require_channels_last(data_format)
    array = np.asarray(x, dtype="float32" if dtype is None else dtype)
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ArgumentError(
            "an image's array is (height, width, channels), with 1, 3 or 4 channels. "
            f"Received: {array.shape}",
            hint="array_to_img(images[0]) for one of a batch, image[..., None] for a grey one",
        )
    if scale:
        array = array - array.min()
        array = array * (255 / (array.max() or 1))
    if array.shape[2] > 1:
        return Image.fromarray(array.astype("uint8"))
    wide = np.max(array) > 255
    return Image.fromarray(array[..., 0].astype("int32" if wide else "uint8"))


def save_img(
    path: str | PathLike[str] | IO[bytes],
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array (height, width, channels) as an image file.

    The format is `file_format`, else that of the suffix; further arguments are those of Pillow's
    `save`.
    """
    require_channels_last(data_format)
    named = isinstance(path, str | PathLike)
    format_ = (file_format or (Path(path).suffix[1:] if named else "")).lower()  # type: ignore[arg-type]
    format_ = "jpeg" if format_ == "jpg" else format_
    image = array_to_img(x, scale=scale)
    if image.mode == "RGBA" and format_ == "jpeg":
        warnings.warn("JPEG has no transparency, so the alpha channel is dropped", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=format_ or None, **kwargs)  # type: ignore[arg-type]
