"""Read, decode and write files as `tf.io` does. Files are hostile until they are checked."""

import glob
import io
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scallion import ops
from scallion.compat.tensorflow_functions import colors
from scallion.datasets.pipeline.structures import to_array
from scallion.eager_array import EagerStrings, as_bytes_array, eager
from scallion.errors import ArgumentError, FileError, MissingFileError, UnsupportedError
from scallion.files import write_bytes
from scallion.images.reading import decoding

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read_file(filename: Any, name: str | None = None) -> EagerStrings:  # noqa: ARG001 (TensorFlow has it)
    """Return the bytes of a regular file. Raises FileError, MissingFileError."""
    path = as_path(filename)
    if not Path(path).exists():
        raise MissingFileError(f"file {path!r} does not exist", hint="check the path")
    return as_bytes_array(decoding.read_bytes(path)).view(EagerStrings)


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:  # noqa: ARG001 (TensorFlow has it)
    """Write bytes into a file, whose folder is made."""
    path = Path(as_path(filename))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, as_bytes(contents))


def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = np.uint8,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
    expand_animations: bool = True,  # noqa: ARG001 (of an animation the first image is decoded)
) -> Any:
    """Decode the bytes of a JPEG, PNG, BMP or GIF file: (height, width, channels).

    Like TensorFlow, it does not rotate by EXIF, and drops transparency for 3 channels. `channels`
    is 0 for those of the file. JPEG files are decoded as by `dct_method="INTEGER_ACCURATE"`; the
    faster default of TensorFlow differs by up to 3. Raises ArgumentError, FileError.
    """
    number = int(channels or 0)
    if number not in (0, *_MODES):
        raise ArgumentError(
            f"`channels` is 0, 1, 3 or 4. Received: channels={channels!r}", hint="channels=3"
        )
    kind = np.dtype(dtype)
    image = decoding.read_stored_image(as_bytes(contents))
    if number == 4 and image.format == "JPEG":
        raise ArgumentError(
            "a JPEG file has no transparency. Received: channels=4", hint="channels=3"
        )
    array = _deep(image) if kind == np.uint16 else _pixels(image, number)
    return eager(array) if array.dtype == kind else colors.convert_image_dtype(array, kind)


def _pixels(image: Image.Image, channels: int) -> np.ndarray:
    """Return the pixels as uint8, with the channels of the file for 0."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I"):
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    is_gray = image.mode in ("1", "L", "LA")
    own = {"LA": "LA", "RGBA": "RGBA"}.get(image.mode, "L" if is_gray else "RGB")
    mode = _MODES.get(channels, own)
    if channels == 1 and image.format == "PNG" and not is_gray:
        return _png_gray(np.asarray(image.convert("RGB")))
    array = np.asarray(image if image.mode == mode else image.convert(mode))
    return array if array.ndim == 3 else array[..., None]


def _png_gray(rgb: np.ndarray) -> np.ndarray:
    weights = np.array([9797, 19234, 3737], np.uint32)  # libpng's, of 32768; Pillow's differ
    return ((rgb @ weights) >> 15).astype(np.uint8)[..., None]


def _deep(image: Image.Image) -> np.ndarray:
    """Return the pixels as uint16. Raises UnsupportedError for several channels."""
    if not image.mode.startswith("I"):
        raise UnsupportedError(
            f"only greyscale PNG files have 16 bits here. Received: mode {image.mode}",
            hint="dtype=tf.uint8",
        )
    return np.asarray(image).astype(np.uint16)[..., None]


def decode_jpeg(contents: Any, channels: int = 0, *_arguments: Any, **_options: Any) -> Any:
    """Decode the bytes of an image file, with `channels` channels, or those of the file for 0."""
    return decode_image(contents, channels)


def decode_png(contents: Any, channels: int = 0, dtype: Any = np.uint8, name: Any = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Decode the bytes of an image file; `dtype` may be uint16."""
    return decode_image(contents, channels, dtype)


def decode_raw(
    input_bytes: Any,
    out_type: Any,
    little_endian: bool = True,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
) -> Any:
    """Return the bytes as an array of numbers."""
    order = "<" if little_endian else ">"
    kind = np.dtype(out_type)
    try:
        return eager(np.frombuffer(as_bytes(input_bytes), kind.newbyteorder(order)).astype(kind))
    except ValueError as error:
        raise ArgumentError(f"the bytes are not {kind.name}: {error}", hint="tf.uint8") from None


def _encoded(image: Any, kind: str, **options: Any) -> EagerStrings:
    array = ops.convert_to_numpy(image)
    if array.dtype != np.uint8 or array.ndim != 3:
        raise ArgumentError(
            f"an image is uint8 (height, width, channels). Received: {array.dtype} {array.shape}",
            hint="tf.image.convert_image_dtype(image, tf.uint8)",
        )
    out = io.BytesIO()
    Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array).save(out, kind, **options)
    return as_bytes_array(out.getvalue()).view(EagerStrings)


def encode_jpeg(image: Any, format: str = "", quality: int = 95, **_options: Any) -> EagerStrings:  # noqa: A002, ARG001 (TensorFlow's name)
    """Return the bytes of a JPEG file."""
    return _encoded(image, "JPEG", quality=int(quality))


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> EagerStrings:  # noqa: ARG001 (TensorFlow has it)
    """Return the bytes of a PNG file."""
    return _encoded(image, "PNG")


def matching_files(pattern: Any, name: str | None = None) -> EagerStrings:  # noqa: ARG001 (TensorFlow has it)
    """Return the paths that match a pattern, sorted."""
    return as_bytes_array(_glob(pattern)).view(EagerStrings)


def _glob(pattern: Any) -> list[str]:
    patterns = [os.fsdecode(one) for one in np.ravel(to_array(pattern)).tolist()]
    return sorted({path for one in patterns for path in glob.glob(one)})  # noqa: PTH207 (patterns with a folder)


def is_jpeg(contents: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return whether the bytes begin as a JPEG file does."""
    return eager(as_bytes(contents)[:3] == b"\xff\xd8\xff")


def as_path(value: Any) -> str:
    """Return a path as text."""
    return os.fsdecode(as_bytes(value))


def as_bytes(value: Any) -> bytes:
    """Return a scalar string as bytes. Raises ArgumentError."""
    plain = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(plain, np.ndarray) and plain.ndim == 0:
        plain = plain.item()
    if isinstance(plain, str):
        return os.fsencode(plain)
    if not isinstance(plain, bytes):
        raise ArgumentError(
            f"one path, or the bytes of one file, is needed. Received: {type(value).__name__}",
            hint="dataset.map(tf.io.read_file) reads one file per element",
        )
    return plain


def _make_folders(path: Any) -> None:
    Path(as_path(path)).mkdir(parents=True, exist_ok=True)


def _remove(path: Any) -> None:
    try:
        Path(as_path(path)).unlink()
    except OSError as error:
        raise FileError(f"cannot remove {as_path(path)!r}: {error.strerror}") from None


GFILE = {
    "GFile": lambda name, mode="r": open(as_path(name), mode),  # noqa: PTH123, SIM115 (the caller closes it)
    "copy": lambda src, dst, overwrite=False: shutil.copyfile(as_path(src), as_path(dst)),  # noqa: ARG005
    "exists": lambda path: Path(as_path(path)).exists(),
    "glob": _glob,
    "isdir": lambda path: Path(as_path(path)).is_dir(),
    "listdir": lambda path: sorted(os.listdir(as_path(path))),  # noqa: PTH208 (names, as TensorFlow)
    "makedirs": _make_folders,
    "mkdir": _make_folders,
    "remove": _remove,
    "walk": lambda top, topdown=True: os.walk(as_path(top), topdown),
}
"""The functions of `tf.io.gfile`, for local files."""
