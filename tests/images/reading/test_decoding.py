"""Every format is decoded to upright greyscale or RGB."""

import io

import numpy as np
import pytest
from PIL import Image

from scallion.errors import ArgumentError, FileError
from scallion.images import ResizeRule
from scallion.images.reading import decoding
from scallion.images.reading.decoding import read_header

RED, WHITE = (255, 0, 0), (255, 255, 255)
RGB = ResizeRule(2, 3, 3)
GREY = ResizeRule(2, 3, 1)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def coloured() -> Image.Image:
    """3 pixels wide and 2 high, red at the upper left."""
    pixels = np.full((2, 3, 3), 255, np.uint8)
    pixels[0, 0] = RED
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("PPM", {}),
    ],
)
def test_lossless_formats_keep_every_pixel(kind: str, options: dict[str, object]) -> None:
    data = saved(coloured(), kind, **options)
    assert np.array_equal(RGB.apply(data), np.asarray(coloured()))
    assert read_header(data).format == kind


# Where the upper left pixel is placed, by the EXIF standard (JEITA CP-3451, orientation).
@pytest.mark.parametrize(
    ("orientation", "place"),
    [(1, (0, 0)), (2, (0, 2)), (3, (1, 2)), (4, (1, 0)), (5, (0, 0)), (6, (0, 1)), (7, (2, 1)),
     (8, (2, 0))],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_images_are_rotated_upright(kind: str, orientation: int, place: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(coloured(), kind, exif=exif, **options)
    transposed = orientation >= 5
    found = ResizeRule(3, 2, 3).apply(data) if transposed else RGB.apply(data)
    assert read_header(data).size == ((2, 3) if transposed else (3, 2))
    assert tuple(found[place]) == RED
    assert (found == WHITE).all(axis=2).sum() == 5


@pytest.mark.parametrize(
    ("mode", "pixel", "expected"),
    [
        ("1", 1, WHITE),
        ("L", 7, (7, 7, 7)),
        ("LA", (100, 0), WHITE),
        ("LA", (100, 255), (100, 100, 100)),
        ("RGBA", (255, 0, 0, 0), WHITE),
        ("RGBA", (255, 0, 0, 255), RED),
        ("RGBA", (255, 0, 0, 128), (255, 127, 127)),
    ],
)
def test_transparency_is_blended_with_white(
    mode: str, pixel: object, expected: tuple[int, int, int]
) -> None:
    found = RGB.apply(saved(Image.new(mode, (3, 2), pixel), "PNG"))
    assert (found == expected).all()


def test_palettes_with_and_without_transparency() -> None:
    palette = coloured().quantize(4)
    assert np.array_equal(RGB.apply(saved(palette, "PNG")), np.asarray(coloured()))
    red = palette.getpixel((0, 0))
    assert (RGB.apply(saved(palette, "PNG", transparency=red)) == WHITE).all()


def test_cmyk_is_converted_to_rgb() -> None:
    cyan = Image.new("CMYK", (3, 2), (255, 0, 0, 0))
    found = RGB.apply(saved(cyan, "TIFF"))
    assert (found == (0, 255, 255)).all()
    jpeg = RGB.apply(saved(cyan, "JPEG", quality=100)).astype(int)
    assert np.abs(jpeg - (0, 255, 255)).max() <= 3


def test_the_first_frame_of_a_gif_is_used() -> None:
    frames = [Image.new("L", (3, 2), value) for value in (10, 200)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (GREY.apply(data) == 10).all()
    assert read_header(data).frames == 2


@pytest.mark.parametrize(
    ("dtype", "kind", "low", "high", "values", "expected"),
    [
        (np.uint16, "PNG", None, None, [0, 257, 65535], [0, 1, 255]),
        (np.uint16, "PNG", 0, 4095, [0, 2047, 4095], [0, 127, 255]),
        (np.uint16, "TIFF", 0, 1023, [0, 512, 1023], [0, 128, 255]),
        (np.int32, "TIFF", -100, 100, [-100, 0, 100], [0, 128, 255]),
        (np.float32, "TIFF", 0, 1, [0.0, 0.25, 1.0], [0, 64, 255]),
        (np.float32, "TIFF", None, None, [5.0, 6.0, 7.0], [0, 128, 255]),
        (np.float32, "TIFF", 0, 1, [np.nan, -1.0, 2.0], [0, 0, 255]),
    ],
)
def test_high_depth_pixels_are_scaled_by_the_rule(
    dtype: type, kind: str, low: float, high: float, values: list[float], expected: list[int]
) -> None:
    data = saved(Image.fromarray(np.array([values, values], dtype)), kind)
    assert read_header(data).is_high_depth
    found = ResizeRule(2, 3, 1, low=low, high=high).apply(data)
    assert found[0, :, 0].tolist() == expected


def test_a_jpeg_at_reduced_size_hardly_differs() -> None:
    x, y = np.meshgrid(np.arange(400), np.arange(400))
    waves = 128 + 60 * np.sin(x / 9) + 60 * np.cos(y / 14)
    data = saved(Image.fromarray(waves.astype(np.uint8)), "JPEG", quality=95)
    whole = Image.open(io.BytesIO(data)).resize((48, 48), Image.Resampling.BILINEAR)
    found = ResizeRule(48, 48, 1).apply(data)[..., 0].astype(float)
    assert np.abs(found - np.asarray(whole)).mean() < 2


def test_invalid_images_are_errors_in_words() -> None:
    with pytest.raises(FileError, match="it is not an image, or of a format that is not supported"):
        RGB.apply(b"%!PS-Adobe-3.0 EPSF-3.0\n")
    with pytest.raises(ArgumentError, match="an image as an array is uint8"):
        RGB.apply(np.zeros((4, 4), np.float32))


def test_large_images_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGE", 5)
    locked: list[bool] = []
    convert = decoding._convert

    def observe(*arguments: object) -> object:
        locked.append(decoding._large_lock.locked())
        return convert(*arguments)

    monkeypatch.setattr(decoding, "_convert", observe)
    decoding.decode_image(saved(coloured(), "PNG"), 3)
    assert locked == [True]
