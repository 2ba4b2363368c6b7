"""One picture from a file, as it is meant to be seen: turned upright, flat, greyscale or RGB.

What comes from strangers is opened by a short list of readers, its size is looked at before its
pixels are, and nothing that Pillow may raise leaves here but as a `FileError`.
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

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
FORMAT_OF_SUFFIX = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".dib": "BMP",
    ".gif": "GIF",
    ".ppm": "PPM",
    ".pgm": "PPM",
    ".pbm": "PPM",
    ".pnm": "PPM",
}
MAX_BYTES = 1 << 29  # of a file
MAX_PIXELS = 1 << 26  # of a decoded picture: 268 MB of RGB in Pillow's memory
LARGE = 1 << 22  # pixels, above which pictures are decoded one at a time

_GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_ORIENTATION, _PHOTOMETRIC, _SAMPLE_FORMAT, _BITS = 274, 262, 339, 258
_one_large = threading.Lock()


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What a file says of itself before its pixels are read.

    `size` is (width, height), upright. `deep` pictures have more than 8 bits a pixel.
    """

    format: str
    mode: str
    size: tuple[int, int]
    frames: int = 1

    @property
    def grey(self) -> bool:
        """Whether the picture has no colours; a palette is taken to have some."""
        return self.mode in _GREY

    @property
    def deep(self) -> bool:
        """Whether a pixel has 16 or 32 bits, so that it has to be scaled to 8."""
        return self.mode in _DEEP


ValueRange = tuple[float, float]


class LargeImage(Exception):  # noqa: N818 (no error: it is decoded elsewhere)
    """A picture is so large that it is decoded alone."""


def read_bytes(path: str | os.PathLike[str], *, follow: bool = True) -> bytes:
    """A regular file's bytes. A pipe or a device is refused, so that nothing waits for it.

    Without `follow`, a symbolic link is refused too. Raises FileError.
    """
    with _explained(path):
        # A pipe is opened without waiting for its other end; what was opened is then looked at.
        descriptor = os.open(path, os.O_RDONLY | _NO_WAITING | (0 if follow else _NO_LINKS))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileError("it is no regular file")
            if status.st_size > MAX_BYTES:
                raise FileError(f"it has {status.st_size:,} bytes, more than {MAX_BYTES:,}")
            data = os.read(descriptor, status.st_size + 1)
            while len(data) < status.st_size and (more := os.read(descriptor, status.st_size)):
                data += more  # some file systems hand out less than was asked for
            return data
        finally:
            os.close(descriptor)


_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


def header(source: str | os.PathLike[str] | bytes) -> ImageHeader:
    """What the file says of itself. Raises FileError where it is no picture that can be read."""
    with _explained(source), _opened(source) as image:
        return _header(image)


def picture(
    source: str | os.PathLike[str] | bytes,
    channels: int,
    *,
    least: int = 0,
    depths: ValueRange | None = None,
    large: bool = True,
) -> tuple[Image.Image, ImageHeader]:
    """The picture upright, mode L for one channel or RGB for three, and its header.

    `least` allows a JPEG to be decoded at a half, a quarter or an eighth of its size, as long as
    both sides keep that many pixels. Deep pixels are scaled so that `depths` becomes 0 to 255. What
    is transparent lies on white. Raises FileError, and LargeImage unless `large` ones are welcome.
    """
    mode = "L" if channels == 1 else "RGB"
    with _explained(source):
        data = _bytes(source)
        frame = jpeg.plain(data)
        if frame is not None and frame.size[0] * frame.size[1] <= LARGE:
            image = jpeg.reduced(data, frame, mode, least)
            if image is not None:
                return _flat(image, mode, None), ImageHeader("JPEG", frame.mode, frame.size)
        with _opened(data) as image:
            found = _header(image)
            if least and found.format == "JPEG":
                image = _reduced(image, data, mode, least, large)
            with _room_for(image.width * image.height, large):
                return _flat(_upright(image), mode, depths), found


def _reduced(image: Image.Image, data: bytes, mode: str, least: int, large: bool) -> Image.Image:
    """A JPEG at a part of its size: decoded, or where it is CMYK or damaged, about to be."""
    if image.mode in ("L", "RGB"):
        frame = jpeg.JpegHeader(image.mode, image.size)
        width, height = jpeg.reduction(frame.size, least)[1]
        with _room_for(width * height, large):
            small = jpeg.reduced(data, frame, mode, least)
        if small is not None:
            small.info = image.info  # how the camera was held
            return small
    image.draft(mode if image.mode == "RGB" else image.mode, (least, least))
    return image


def flat(image: Image.Image, channels: int, depths: ValueRange | None = None) -> Image.Image:
    """An opened picture upright and in mode L or RGB. Raises FileError."""
    with _explained(b""):
        return _flat(_upright(image), "L" if channels == 1 else "RGB", depths)


def read_stored_values(source: str | os.PathLike[str] | bytes) -> NDArray[Any]:
    """The numbers (h, w) of a deep picture as they are stored. Raises FileError."""
    with _explained(source), _opened(source) as image, _room_for(image.width * image.height):
        return _numbers(image)


@contextmanager
def ignore_pillow_warnings() -> Iterator[None]:
    """Pillow's warnings about odd files are not shown: what they lead to is a finding here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _header(image: Image.Image) -> ImageHeader:
    width, height = image.size
    turned = image.format != "TIFF" and _orientation(image) >= 5  # Pillow's TIFF size is upright
    mode = "L" if image.mode == "P" and _grey_palette(image) else image.mode
    frames = int(getattr(image, "n_frames", 1)) if image.format in ("GIF", "TIFF") else 1
    size = (height, width) if turned else (width, height)
    return ImageHeader("JPEG" if image.format == "MPO" else str(image.format), mode, size, frames)


def _bytes(source: str | os.PathLike[str] | bytes) -> bytes:
    return source if isinstance(source, bytes) else read_bytes(source)


def _opened(source: str | os.PathLike[str] | bytes) -> Image.Image:
    data = _bytes(source)
    if not data:
        raise FileError("it is empty")
    return Image.open(io.BytesIO(data), formats=FORMATS)


@contextmanager
def _room_for(pixels: int, large: bool = True) -> Iterator[None]:
    """Refuse what would not fit into memory, and let large pictures through one at a time."""
    if pixels > MAX_PIXELS:
        raise FileError(f"it has {pixels:,} pixels, more than {MAX_PIXELS:,}")
    if pixels <= LARGE:
        yield
        return
    if not large:
        raise LargeImage
    with _one_large:
        yield


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held. Pillow has turned a TIFF already when its pixels are read."""
    if image.format == "TIFF" or _orientation(image) == 1:
        image.load()
        return image
    return ImageOps.exif_transpose(image)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1, upright, where there is none or it makes no sense."""
    if not {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"}.intersection(image.info):
        return 1
    with suppress(Exception):
        value = image.getexif().get(_ORIENTATION, 1)
        return value if value in range(1, 9) else 1
    return 1


def _flat(image: Image.Image, mode: str, depths: ValueRange | None) -> Image.Image:
    if image.mode in _DEEP:
        low, high = depths or _type_range(image)
        scaled = (_numbers(image).astype(np.float64) - low) * 255 / ((high - low) or 1)
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


def _numbers(image: Image.Image) -> NDArray[Any]:
    """The pixels as numbers: unsigned where a TIFF says so, and white is high."""
    numbers = np.asarray(image)
    tags = getattr(image, "tag_v2", {})
    unsigned = tags.get(_SAMPLE_FORMAT, (1,))[0] == 1 and tags.get(_BITS, (32,))[0] == 32
    if numbers.dtype == np.int32 and image.format == "TIFF" and unsigned:
        numbers = numbers.view(np.uint32)
    if tags.get(_PHOTOMETRIC) == 0 and numbers.dtype.kind == "u":
        numbers = np.iinfo(numbers.dtype).max - numbers
    return numbers


def _type_range(image: Image.Image) -> ValueRange:
    """What the type itself can hold: used for a single picture whose data set is not known."""
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    numbers = _numbers(image)
    finite = numbers[np.isfinite(numbers)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def _grey_palette(image: Image.Image) -> bool:
    palette = image.getpalette("RGB")
    if palette is None or "transparency" in image.info:
        return False
    colours = np.array(palette).reshape(-1, 3)
    return bool((colours == colours[:, :1]).all())


@contextmanager
def _explained(source: str | os.PathLike[str] | bytes) -> Iterator[None]:
    """Whatever a damaged file makes Pillow raise becomes a FileError that names it."""
    name = "the picture" if isinstance(source, bytes) else os.fspath(source)
    try:
        yield
    except LargeImage:
        raise
    except Exception as error:
        raise FileError(
            f"cannot read {name!r}: {reason(error)}",
            hint="open it in an image viewer and save it again, or leave it out",
        ) from error


def reason(error: BaseException) -> str:
    """Why a picture could not be read, in words."""
    if isinstance(error, FileError):
        return error.message if error.__cause__ is None else reason(error.__cause__)
    if isinstance(error, MemoryError):
        return "the memory does not suffice"
    if isinstance(error, Image.UnidentifiedImageError):
        return "it is no picture, or of a kind that is not read"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return "it claims more pixels than an honest picture has"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    words = " ".join(str(error).split())[:200]
    return words or type(error).__name__
