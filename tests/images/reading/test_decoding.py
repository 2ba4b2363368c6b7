"""Every format becomes greyscale or RGB as it is meant to be seen."""

import io

import numpy as np
import pytest
from PIL import Image

from scallion.errors import ArgumentError, FileError, UnknownNameError
from scallion.images import ResizeRule
from scallion.images.loading import high_depth_range
from scallion.images.reading.decoding import header
from scallion.images.resizing import choose_resize_rule

RED, WHITE = (255, 0, 0), (255, 255, 255)
AS_IS = ResizeRule(2, 3, 3)
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
    assert np.array_equal(AS_IS.apply(data), np.asarray(coloured()))
    assert header(data).format == kind


# Where the upper left pixel comes to lie, by the EXIF standard (JEITA CP-3451, orientation).
@pytest.mark.parametrize(
    ("orientation", "place"),
    [(1, (0, 0)), (2, (0, 2)), (3, (1, 2)), (4, (1, 0)), (5, (0, 0)), (6, (0, 1)), (7, (2, 1)),
     (8, (2, 0))],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_pictures_are_turned_upright(kind: str, orientation: int, place: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(coloured(), kind, exif=exif, **options)
    turned = orientation >= 5
    seen = ResizeRule(3, 2, 3).apply(data) if turned else AS_IS.apply(data)
    assert header(data).size == ((2, 3) if turned else (3, 2))
    assert tuple(seen[place]) == RED
    assert (seen == WHITE).all(axis=2).sum() == 5


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
def test_what_is_transparent_lies_on_white(
    mode: str, pixel: object, expected: tuple[int, int, int]
) -> None:
    seen = AS_IS.apply(saved(Image.new(mode, (3, 2), pixel), "PNG"))
    assert (seen == expected).all()


def test_palettes_with_and_without_transparency() -> None:
    palette = coloured().quantize(4)
    assert np.array_equal(AS_IS.apply(saved(palette, "PNG")), np.asarray(coloured()))
    red = palette.getpixel((0, 0))
    assert (AS_IS.apply(saved(palette, "PNG", transparency=red)) == WHITE).all()


def test_cmyk_is_seen_in_its_colours() -> None:
    cyan = Image.new("CMYK", (3, 2), (255, 0, 0, 0))
    seen = AS_IS.apply(saved(cyan, "TIFF"))
    assert (seen == (0, 255, 255)).all()
    jpeg = AS_IS.apply(saved(cyan, "JPEG", quality=100)).astype(int)
    assert np.abs(jpeg - (0, 255, 255)).max() <= 3


def test_a_gif_shows_its_first_frame() -> None:
    frames = [Image.new("L", (3, 2), value) for value in (10, 200)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (GREY.apply(data) == 10).all()
    assert header(data).frames == 2


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
def test_deep_pixels_are_scaled_by_the_rule(
    dtype: type, kind: str, low: float, high: float, values: list[float], expected: list[int]
) -> None:
    data = saved(Image.fromarray(np.array([values, values], dtype)), kind)
    assert header(data).deep
    seen = ResizeRule(2, 3, 1, low=low, high=high).apply(data)
    assert seen[0, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("top", "dtype", "expected"),
    [
        (200, np.uint16, (0, 255)),
        (256, np.uint16, (0, 1023)),
        (4095, np.uint16, (0, 4095)),
        (4096, np.uint16, (0, 16383)),
        (65535, np.uint16, (0, 65535)),
        (0.75, np.float32, (0, 1)),
        (255.0, np.float32, (0, 255)),
        (1e6, np.float32, (0.5, 1e6)),
    ],
)
def test_the_range_of_a_set_is_that_of_its_camera(
    folder, top: float, dtype: type, expected: tuple[float, float]
) -> None:
    from scallion.images.reading.scanning import scan

    place = folder({"a": 1, "b": 1}, grey=True)
    low = 0.5 if dtype == np.float32 else 1
    Image.fromarray(np.array([[low, top]], dtype)).save(place / "a" / "deep.tif")
    assert high_depth_range(scan(place)) == expected


def test_a_jpeg_decoded_smaller_hardly_differs() -> None:
    x, y = np.meshgrid(np.arange(400), np.arange(400))
    waves = 128 + 60 * np.sin(x / 9) + 60 * np.cos(y / 14)
    data = saved(Image.fromarray(waves.astype(np.uint8)), "JPEG", quality=95)
    whole = Image.open(io.BytesIO(data)).resize((48, 48), Image.Resampling.BILINEAR)
    seen = ResizeRule(48, 48, 1).apply(data)[..., 0].astype(float)
    assert np.abs(seen - np.asarray(whole)).mean() < 2


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        ("crop", [[40, 40], [40, 40]]),
        ("stretch", [[20, 60], [20, 60]]),
    ],
)
def test_crop_keeps_the_middle_and_stretch_keeps_all(fit: str, expected: list) -> None:
    columns = np.repeat(np.array([[0, 40, 40, 80]], np.uint8), 2, axis=0)
    seen = ResizeRule(2, 2, 1, fit).apply(columns)[..., 0].astype(int)
    assert np.abs(seen - expected).max() <= 8


def test_pad_keeps_all_and_adds_the_colour_of_the_border() -> None:
    wide = np.full((4, 8, 3), 200, np.uint8)
    seen = ResizeRule(8, 8, 3, "pad").apply(wide)
    assert (seen == 200).all()


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(32, 32)] * 3, (32, 32, "crop")),
        ([(40, 30)] * 3, (30, 40, "crop")),
        ([(200, 200)] * 9, (64, 64, "crop")),
        ([(640, 480)] * 9, (64, 84, "crop")),
        ([(640, 480), (480, 640)] * 9, (64, 64, "pad")),
        ([(50, 56), (60, 54)] * 9, (48, 48, "crop")),
        ([(2000, 200), (300, 300)] * 5, (64, 64, "pad")),
    ],
)
def test_the_default_size_comes_from_the_pictures(
    sizes: list[tuple[int, int]], expected: tuple[int, int, str]
) -> None:
    from scallion.images.reading.decoding import ImageHeader

    chosen = choose_resize_rule([ImageHeader("PNG", "RGB", size) for size in sizes])
    assert (chosen.height, chosen.width, chosen.fit) == expected


def test_a_rule_survives_json() -> None:
    rule = ResizeRule(48, 64, 1, "pad", 0.0, 4095.0)
    assert ResizeRule.from_dict(rule.as_dict()) == rule
    with pytest.raises(ArgumentError, match="not a resize rule"):
        ResizeRule.from_dict({"height": 3})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((0, 4, 3), ArgumentError),
        ((4, 4, 2), ArgumentError),
        ((4, 4, 3, "squash"), UnknownNameError),
    ],
)
def test_rules_that_cannot_work_are_refused(arguments: tuple, error: type[Exception]) -> None:
    with pytest.raises(error):
        ResizeRule(*arguments)


def test_what_is_no_picture_is_an_error_in_words() -> None:
    with pytest.raises(FileError, match="it is no picture, or of a kind that is not read"):
        AS_IS.apply(b"%!PS-Adobe-3.0 EPSF-3.0\n")
    with pytest.raises(ArgumentError, match="a picture as an array is uint8"):
        AS_IS.apply(np.zeros((4, 4), np.float32))


def test_a_box_that_rounding_makes_too_large_is_cut_to_the_picture() -> None:
    assert ResizeRule(60, 60, 3).apply(np.zeros((62, 76, 3), np.uint8)).shape == (60, 60, 3)
