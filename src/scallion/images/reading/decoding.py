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

import numpy as np
from PIL import Image, ImageOps

from scallion.errors import FileError
from scallion.images.reading import high_depth, jpeg
from scallion.images.reading.formats import readers_for
from scallion.images.reading.high_depth import StoredRange, ValueRange

MAX_BYTES = 1 << 29  # of a file
MAX_PIXELS = 1 << 26  # of a decoded image: 268 MB of RGB in Pillow's memory
MAX_SCANNED = 16 * MAX_PIXELS  # pixels times scans of a JPEG: a second of decoding
LARGE = 1 << 22  # pixels, above which images are decoded one at a time

_GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_ORIENTATION = 274
_large_lock = threading.Lock()

Source = str | os.PathLike[str] | bytes  # a path, or the bytes of a file


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
        return self.mode in high_depth.MODES


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
            _require_few_scans(data, plain.size[0] * plain.size[1])
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


def read_stored_image(source: Source) -> Image.Image:
    """Read an image as it is stored: neither rotated nor converted. Raises FileError."""
    with (
        ignore_pillow_warnings(),
        _as_file_error(source),
        _open(source) as image,
        _memory_for(image.width * image.height),
    ):
        image.load()
        return image


def read_stored_range(source: Source) -> StoredRange | None:
    """Return the range of a high-depth image's values as they are stored. Raises FileError.

    It is None for images with 8 bits per channel, and where no value is finite.
    """
    with _as_file_error(source), _open(source) as image:
        if image.mode not in high_depth.MODES:
            return None
        with _memory_for(image.width * image.height):
            return high_depth.stored_range(image)


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
    image = Image.open(io.BytesIO(data), formats=readers_for(data))
    if image.format in ("JPEG", "MPO"):
        _require_few_scans(data, image.width * image.height)
    return image


def _require_few_scans(data: bytes, pixels: int) -> None:
    """Refuse a JPEG that draws its pixels hundreds of times over, which takes minutes."""
    scans = data.count(b"\xff\xda")
    if scans * pixels > MAX_SCANNED:
        raise FileError(
            f"it draws {pixels:,} pixels in {scans:,} scans, and no more than "
            f"{MAX_SCANNED // max(1, pixels)} are decoded"
        )


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
    if image.mode in high_depth.MODES:
        return high_depth.scale_to_bytes(image, value_range).convert(mode)
    if image.mode == mode:
        return image
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.has_transparency_data:
        image = _on_white(image)
    if image.mode not in ("1", "L", "RGB", "RGBA"):
        image = image.convert("RGB")
    return image if image.mode == mode else image.convert(mode)  # not a copy


def _on_white(image: Image.Image) -> Image.Image:
    """Return the image blended with white, RGB; in strips, so that it takes no more memory."""
    out = Image.new("RGB", image.size, "white")
    rows = max(1, LARGE // 4 // max(1, image.width))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows))).convert("RGBA")
        blended = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
        out.paste(blended.convert("RGB"), (0, top))
    return out


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
        hint = error.hint if isinstance(error, FileError) else None
        raise FileError(
            f"cannot read {name!r}: {describe_error(error)}",
            hint=hint or "open it in an image viewer and save it again, or leave it out",
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
