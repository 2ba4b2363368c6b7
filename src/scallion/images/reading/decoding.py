"""Decode one image file to an upright greyscale or RGB image.

Files come from strangers: only a few of Pillow's readers are used, the size is checked before the
pixels are decoded, and whatever Pillow raises becomes a FileError.
"""

import io
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scallion.errors import FileError
from scallion.images.reading import jpeg
from scallion.images.reading.formats import FORMATS

MAX_BYTES = 1 << 29  # of a file
MAX_PIXELS = 1 << 26  # of a decoded image: 268 MB of RGB in Pillow's memory
LARGE = 1 << 22  # pixels, above which images are decoded one at a time

_GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_HIGH_DEPTH = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_ORIENTATION, _PHOTOMETRIC, _SAMPLE_FORMAT, _BITS = 274, 262, 339, 258
_large_lock = threading.Lock()

Source = str | os.PathLike[str] | bytes  # a path, or the bytes of a file
ValueRange = tuple[float, float]  # the stored values that become 0 and 255


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """The format, mode and upright size (width, height) of a file, read before its pixels."""

    format: str
    mode: str
    size: tuple[int, int]
    frames: int = 1

    @property
    def is_grey(self) -> bool:
        """True for an image without colours; a palette counts as colours."""
        return self.mode in _GREY

    @property
    def is_high_depth(self) -> bool:
        """True if a pixel has 16 or 32 bits per channel, so that it has to be scaled to 8."""
        return self.mode in _HIGH_DEPTH


class LargeImage(Exception):  # noqa: N818 (a signal: another process decodes it)
    """An image is so large that it must be decoded alone."""


def read_bytes(path: str | os.PathLike[str], *, follow_links: bool = True) -> bytes:
    """Read a regular file. Pipes and devices are refused, so that reading cannot block.

    Without `follow_links`, a symbolic link is refused too. Raises FileError.
    """
    with _as_file_error(path):
        # A pipe is opened without waiting for its other end, and checked after it was opened.
        descriptor = os.open(path, os.O_RDONLY | _NONBLOCK | (0 if follow_links else _NOFOLLOW))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileError("it is not a regular file")
            if status.st_size > MAX_BYTES:
                raise FileError(f"it has {status.st_size:,} bytes, more than {MAX_BYTES:,}")
            data = os.read(descriptor, status.st_size + 1)
            while len(data) < status.st_size and (more := os.read(descriptor, status.st_size)):
                data += more  # some file systems return less than was requested
            return data
        finally:
            os.close(descriptor)


_NONBLOCK = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def read_header(source: Source) -> ImageHeader:
    """Read the header of an image file. Raises FileError where it is not a readable image."""
    with _as_file_error(source), _open(source) as image:
        return _header(image)


def decode_image(
    source: Source,
    channels: int,
    *,
    min_size: int = 0,
    value_range: ValueRange | None = None,
    allow_large: bool = True,
) -> tuple[Image.Image, ImageHeader]:
    """Decode an image file upright, mode L for one channel or RGB for three.

    A JPEG may be decoded at reduced size as long as both sides keep `min_size` pixels, if that is
    not 0. High-depth pixels are scaled so that `value_range` becomes 0 to 255. Transparent pixels
    are blended with white. Raises FileError, and LargeImage unless `allow_large`.
    """
    mode = "L" if channels == 1 else "RGB"
    with _as_file_error(source):
        data = _bytes_of(source)
        plain = jpeg.parse_plain_header(data)
        if plain is not None and plain.size[0] * plain.size[1] <= LARGE:
            image = jpeg.decode_scaled(data, plain, mode, min_size)
            if image is not None:
                return _convert(image, mode, None), ImageHeader("JPEG", plain.mode, plain.size)
        with _open(data) as image:
            header = _header(image)
            if min_size and header.format == "JPEG":
                image = _reduce_jpeg(image, data, mode, min_size, allow_large)
            with _memory_for(image.width * image.height, allow_large):
                return _convert(_upright(image), mode, value_range), header


def _reduce_jpeg(
    image: Image.Image, data: bytes, mode: str, min_size: int, allow_large: bool
) -> Image.Image:
    """Decode a JPEG at reduced size, or for CMYK and damaged ones, let Pillow do it later."""
    if image.mode in ("L", "RGB"):
        header = jpeg.JpegHeader(image.mode, image.size)
        width, height = jpeg.choose_scale(header.size, min_size)[1]
        with _memory_for(width * height, allow_large):
            small = jpeg.decode_scaled(data, header, mode, min_size)
        if small is not None:
            small.info = image.info  # holds the orientation
            return small
    image.draft(mode if image.mode == "RGB" else image.mode, (min_size, min_size))
    return image


def convert_image(
    image: Image.Image, channels: int, value_range: ValueRange | None = None
) -> Image.Image:
    """Convert a Pillow image to upright L or RGB, as `decode_image` does. Raises FileError."""
    with _as_file_error(b""):
        return _convert(_upright(image), "L" if channels == 1 else "RGB", value_range)


def read_stored_values(source: Source) -> NDArray[Any]:
    """Read the values (h, w) of a high-depth image as they are stored. Raises FileError."""
    with (
        _as_file_error(source),
        _open(source) as image,
        _memory_for(image.width * image.height),
    ):
        return _stored_values(image)


@contextmanager
def ignore_pillow_warnings() -> Iterator[None]:
    """Hide Pillow's warnings about odd files: their consequences are reported as findings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _header(image: Image.Image) -> ImageHeader:
    width, height = image.size
    # Pillow reports the upright size of a TIFF already.
    transposed = image.format != "TIFF" and _orientation(image) >= 5
    mode = "L" if image.mode == "P" and _has_grey_palette(image) else image.mode
    frames = int(getattr(image, "n_frames", 1)) if image.format in ("GIF", "TIFF") else 1
    size = (height, width) if transposed else (width, height)
    return ImageHeader("JPEG" if image.format == "MPO" else str(image.format), mode, size, frames)


def _bytes_of(source: Source) -> bytes:
    return source if isinstance(source, bytes) else read_bytes(source)


def _open(source: Source) -> Image.Image:
    data = _bytes_of(source)
    if not data:
        raise FileError("it is empty")
    return Image.open(io.BytesIO(data), formats=FORMATS)


@contextmanager
def _memory_for(pixels: int, allow_large: bool = True) -> Iterator[None]:
    """Refuse images that do not fit into memory; let large ones through one at a time."""
    if pixels > MAX_PIXELS:
        raise FileError(f"it has {pixels:,} pixels, more than {MAX_PIXELS:,}")
    if pixels <= LARGE:
        yield
        return
    if not allow_large:
        raise LargeImage
    with _large_lock:
        yield


def _upright(image: Image.Image) -> Image.Image:
    """Rotate or mirror by the EXIF orientation; Pillow has done so for a TIFF when it is loaded."""
    if image.format == "TIFF" or _orientation(image) == 1:
        image.load()
        return image
    return ImageOps.exif_transpose(image)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1, upright, where it is missing or invalid."""
    if not {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"}.intersection(image.info):
        return 1
    with suppress(Exception):
        value = image.getexif().get(_ORIENTATION, 1)
        return value if value in range(1, 9) else 1
    return 1


def _convert(image: Image.Image, mode: str, value_range: ValueRange | None) -> Image.Image:
    if image.mode in _HIGH_DEPTH:
        low, high = value_range or _type_range(image)
        scaled = (_stored_values(image).astype(np.float64) - low) * 255 / ((high - low) or 1)
        pixels = np.nan_to_num(scaled, nan=0.0).round().clip(0, 255).astype(np.uint8)
        return Image.fromarray(pixels).convert(mode)
    if image.mode == mode:
        return image
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode not in ("1", "L", "RGB", "RGBA"):
        image = image.convert("RGB")
    return image.convert(mode)


def _stored_values(image: Image.Image) -> NDArray[Any]:
    """Return the pixels as stored: unsigned where a TIFF says so, inverted where white is 0."""
    values = np.asarray(image)
    tags = getattr(image, "tag_v2", {})
    unsigned = tags.get(_SAMPLE_FORMAT, (1,))[0] == 1 and tags.get(_BITS, (32,))[0] == 32
    if values.dtype == np.int32 and image.format == "TIFF" and unsigned:
        values = values.view(np.uint32)
    if tags.get(_PHOTOMETRIC) == 0 and values.dtype.kind == "u":
        values = np.iinfo(values.dtype).max - values
    return values


def _type_range(image: Image.Image) -> ValueRange:
    """Return the range of the type, for a single image whose data set is not known."""
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    values = _stored_values(image)
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def _has_grey_palette(image: Image.Image) -> bool:
    palette = image.getpalette("RGB")
    if palette is None or "transparency" in image.info:
        return False
    colours = np.array(palette).reshape(-1, 3)
    return bool((colours == colours[:, :1]).all())


@contextmanager
def _as_file_error(source: Source) -> Iterator[None]:
    """Turn whatever a damaged file makes Pillow raise into a FileError that names the file."""
    name = "the image" if isinstance(source, bytes) else os.fspath(source)
    try:
        yield
    except LargeImage:
        raise
    except Exception as error:
        raise FileError(
            f"cannot read {name!r}: {describe_error(error)}",
            hint="open it in an image viewer and save it again, or leave it out",
        ) from error


def describe_error(error: BaseException) -> str:
    """Return in words why an image could not be read."""
    if isinstance(error, FileError):
        return error.message if error.__cause__ is None else describe_error(error.__cause__)
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, Image.UnidentifiedImageError):
        return "it is not an image, or of a format that is not supported"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return "it claims more pixels than any real image has"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    words = " ".join(str(error).split())[:200]
    return words or type(error).__name__
