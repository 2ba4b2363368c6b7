"""The rule by which images of any size become the network's input; it is stored with the model."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scallion.errors import ArgumentError, UnknownNameError
from scallion.images.reading import decoding
from scallion.images.reading.decoding import ImageHeader

FitMode = Literal["crop", "pad", "stretch"]
FIT_MODES: tuple[FitMode, ...] = ("crop", "pad", "stretch")

MAX_SIDE = 4096  # pixels
_KEPT = 96  # pixels: images that all have one size up to this are not resized
_USUAL = (32, 48, 64)  # sides on which a small network trains in minutes on a CPU
_MAX_CROP = 0.15  # of an image that a centre crop may remove before images are padded instead


@dataclass(frozen=True, slots=True)
class ResizeRule:
    """Size `height` x `width`, 1 or 3 `channels`, and how images are fitted into it.

    `crop` keeps the centre, `pad` keeps everything and adds bars of the border's mean colour,
    `stretch` changes the aspect ratio. Resizing is bilinear with antialiasing. Images with more
    than 8 bits per channel are scaled so that `low` becomes 0 and `high` 255; without these, 16
    bits are scaled from 0 to 65535. Transparent pixels are blended with white.

    >>> ResizeRule(48, 64, 3).apply(np.zeros((100, 200, 3), np.uint8)).shape
    (48, 64, 3)
    """

    height: int
    width: int
    channels: int
    fit: FitMode = "crop"
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.fit not in FIT_MODES:
            raise UnknownNameError("way to fit", self.fit, FIT_MODES)
        sides = (self.height, self.width)
        if not all(type(side) is int and 1 <= side <= MAX_SIDE for side in sides):
            raise ArgumentError(
                f"a size is 1 to {MAX_SIDE} pixels per side. Received: {self.height}x{self.width}",
                hint="--size 64, or --size 48x64 for height x width",
            )
        if self.channels not in (1, 3):
            raise ArgumentError(
                f"images have 1 channel (grey) or 3 (RGB). Received: channels={self.channels!r}",
                hint="channels=3",
            )

        ends = (self.low, self.high)
        if ends != (None, None) and not all(_is_finite(end) for end in ends):
            raise ArgumentError(
                f"low and high are two finite numbers. Received: low={self.low}, high={self.high}",
                hint="low=0, high=4095",
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the network's input."""
        return self.height, self.width, self.channels

    @property
    def value_range(self) -> tuple[float, float] | None:
        """The stored values of high-depth images that become 0 and 255."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def apply(
        self, source: str | os.PathLike[str] | bytes | NDArray[Any] | Image.Image
    ) -> NDArray[np.uint8]:
        """Convert an image to the network's input: uint8 (height, width, channels).

        `source` is a path, a file's bytes, a Pillow image, or a uint8 array (h, w) or (h, w, 1, 3
        or 4). Raises FileError for unreadable files, ArgumentError for other arrays.
        """
        with decoding.ignore_pillow_warnings():
            if isinstance(source, np.ndarray):
                source = _from_array(source)
            if isinstance(source, Image.Image):
                return self.resize(decoding.convert_image(source, self.channels, self.value_range))
            image, _ = decoding.decode_image(
                source,
                self.channels,
                min_size=max(self.height, self.width),
                value_range=self.value_range,
            )
            return self.resize(image)

    def resize(self, image: Image.Image) -> NDArray[np.uint8]:
        """Resize an upright image of the right mode; crop, pad or stretch it: (h, w, channels)."""
        size = (self.width, self.height)
        if image.size != size:
            if self.fit == "pad":
                image = _pad(image, size)
            else:
                box = _centre_box(image.size, size) if self.fit == "crop" else None
                image = _resample(image, size, box)
        return np.frombuffer(image.tobytes(), np.uint8).reshape(self.shape)

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as JSON can hold it; `from_dict` reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ResizeRule":
        """Read what `as_dict` wrote. Raises ArgumentError for anything else."""
        known = {field.name for field in fields(cls)}
        try:
            return cls(**{name: value for name, value in values.items() if name in known})
        except TypeError as error:
            raise ArgumentError(
                f"not a resize rule: {error}. Received: {dict(values)!r:.200}",
                hint="ResizeRule(64, 64, 3).as_dict() shows what one looks like",
            ) from error

    def describe(self) -> str:
        """Return the rule in words.

        >>> ResizeRule(64, 64, 3, "pad").describe()
        '64x64 RGB, padded with the colour of the border'
        """
        fitting = {
            "crop": "cropped to the centre",
            "pad": "padded with the colour of the border",
            "stretch": "stretched",
        }[self.fit]
        colours = "RGB" if self.channels == 3 else "grey"
        scaling = (
            ""
            if self.value_range is None
            else f", {self.low:g} to {self.high:g} scaled to 0 to 255"
        )
        return f"{self.height}x{self.width} {colours}, {fitting}{scaling}"


def _is_finite(value: float | None) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e300  # False for NaN


def parse_size(text: str | int | Sequence[int]) -> tuple[int, int]:
    """Return (height, width) from 64, "64", "48x64" or (48, 64). Raises ArgumentError.

    >>> parse_size("48x64"), parse_size(32)
    ((48, 64), (32, 32))
    """
    parts = str(text).lower().replace("×", "x").split("x") if isinstance(text, str) else text
    try:
        sides = [parts] if isinstance(parts, int) else [int(part) for part in parts]
        if len(sides) in (1, 2) and all(1 <= side <= MAX_SIDE for side in sides):
            return sides[0], sides[-1]
    except (TypeError, ValueError):
        pass
    raise ArgumentError(
        f"a size is a number of pixels, or height x width. Received: {text!r}",
        hint="--size 64, or --size 48x64",
    )


def choose_resize_rule(
    headers: Sequence[ImageHeader],
    *,
    size: tuple[int, int] | None = None,
    fit: FitMode | None = None,
    channels: int | None = None,
) -> ResizeRule:
    """Choose what the user has not given from the headers of some images.

    Images of one small size keep it. Others become 64 pixels, or as many as their median has:
    rectangular where nearly all have one aspect ratio, else square. Where a centre crop would
    remove more than 15 % of one image in ten, they are padded. Grey where all images are grey.
    """
    sizes = np.array([header.size for header in headers], np.float64).reshape(-1, 2)
    if channels is None:
        channels = 1 if all(header.is_grey for header in headers) else 3
    height, width = size or _choose_size(sizes)
    if fit is None:
        fit = "crop" if _cropped_fraction(sizes, width / height) <= _MAX_CROP else "pad"
    return ResizeRule(height, width, channels, fit)


def _choose_size(sizes: NDArray[np.float64]) -> tuple[int, int]:
    """Return (height, width) for images of these sizes, (n, 2) as width and height."""
    first = sizes[0]
    if (sizes == first).all() and first.max() <= _KEPT:
        return int(first[1]), int(first[0])
    shorter = float(np.median(sizes.min(axis=1)))
    side = max([usual for usual in _USUAL if usual <= shorter], default=_USUAL[0])
    ratios = sizes[:, 0] / sizes[:, 1]
    ratio = float(np.median(ratios))
    same_ratio = np.quantile(np.abs(np.log(ratios / ratio)), 0.9) < 0.05
    if not same_ratio or not 0.5 <= ratio <= 2 or abs(np.log(ratio)) < 0.1:
        return side, side
    longer = 4 * round(side * max(ratio, 1 / ratio) / 4)
    return (side, longer) if ratio > 1 else (longer, side)


def _cropped_fraction(sizes: NDArray[np.float64], ratio: float) -> float:
    """Return the 90th percentile of the fraction that a centre crop to this ratio removes."""
    ratios = sizes[:, 0] / sizes[:, 1]
    return float(np.quantile(1 - np.minimum(ratios / ratio, ratio / ratios), 0.9))


def _centre_box(
    size: tuple[int, int], target: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Return the largest centred box with the target's aspect ratio."""
    scale = min(size[0] / target[0], size[1] / target[1])
    width, height = target[0] * scale, target[1] * scale
    # Rounding may make the box slightly larger than the image.
    left, top = max(0.0, (size[0] - width) / 2), max(0.0, (size[1] - height) / 2)
    return left, top, min(size[0], left + width), min(size[1], top + height)


def _resample(
    image: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float] | None = None,
) -> Image.Image:
    """Resize to (width, height): first the rows, then the columns.

    One call would do both, in an order that depends on the sizes since Pillow 13, and what is
    between the passes is rounded. Two calls give the same pixels in every release, and those of
    exported pages.
    """
    left, top, right, bottom = box or (0, 0, *image.size)
    bilinear = Image.Resampling.BILINEAR
    image = image.resize((size[0], image.height), bilinear, (left, 0, right, image.height))
    return image.resize(size, bilinear, (0, top, size[0], bottom))


def _pad(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    scale = min(size[0] / image.width, size[1] / image.height)
    inner = tuple(max(1, min(size[i], round(image.size[i] * scale))) for i in (0, 1))
    small = _resample(image, (inner[0], inner[1]))
    out = Image.new(image.mode, size, _border_colour(small))
    out.paste(small, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return out


def _border_colour(image: Image.Image) -> int | tuple[int, ...]:
    pixels = np.asarray(image)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    mean = np.rint(edge.mean(axis=0)).astype(int)
    return int(mean) if mean.ndim == 0 else tuple(int(value) for value in mean)


def _from_array(pixels: NDArray[Any]) -> Image.Image:
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.dtype != np.uint8 or not (
        pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    ):
        raise ArgumentError(
            "an image as an array is uint8, (height, width) or (height, width, 3). "
            f"Received: {pixels.dtype} {pixels.shape}",
            hint="give the file's path, or an array of 0 to 255 as uint8",
        )
    return Image.fromarray(pixels)
