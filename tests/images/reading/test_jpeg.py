"""JPEGs at reduced size, compared with Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from scallion.errors import FileError
from scallion.images import ResizeRule
from scallion.images.reading import jpeg
from scallion.images.reading.decoding import decode_image, read_header


def landscape(width: int = 200, height: int = 160) -> Image.Image:
    """Soft shapes with some noise, as a camera sees them."""
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (10, 12, 3), np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.float32)
    noisy = smooth + random.normal(0, 6, (height, width, 1))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    (image or landscape()).save(file, "JPEG", **{"quality": 90, **options})
    return file.getvalue()


KINDS = {
    "baseline": encoded(),
    "all colours": encoded(subsampling=0),
    "progressive": encoded(progressive=True),
    "restarts": encoded(restart_marker_rows=1),
    "comment": encoded(comment=b"\xff\xda of no importance"),
    "grey": encoded(landscape().convert("L")),
    "odd sides": encoded(landscape(201, 163)),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("min_size", [0, 20, 40, 80, 150])
def test_pixels_equal_those_of_pillow(name: str, channels: int, min_size: int) -> None:
    mode = "L" if channels == 1 else "RGB"
    with Image.open(io.BytesIO(KINDS[name])) as image:
        if min_size:
            image.draft(mode if image.mode == "RGB" else image.mode, (min_size, min_size))
        expected = image.convert(mode)
    assert jpeg.parse_plain_header(KINDS[name]) is not None
    found, header = decode_image(KINDS[name], channels, min_size=min_size)
    assert np.array_equal(np.asarray(found), np.asarray(expected))
    assert header == read_header(KINDS[name])


def test_three_eighths_need_whole_blocks() -> None:
    assert jpeg.choose_scale((200, 160), 60) == (3, (75, 60))
    assert jpeg.choose_scale((201, 163), 60) == (2, (101, 82))


@pytest.mark.parametrize("name", [name for name in KINDS if name != "odd sides"])
def test_three_eighths_hardly_differ_from_full_size(name: str) -> None:
    rule = ResizeRule(60, 60, 3)
    with Image.open(io.BytesIO(KINDS[name])) as image:
        whole = rule.apply(image.convert("RGB")).astype(int)
    assert np.abs(rule.apply(KINDS[name]) - whole).mean() < 2


def test_camera_metadata_changes_no_pixel() -> None:
    exif = Image.Exif()
    exif[271] = "a camera"
    noted = encoded(exif=exif)
    assert jpeg.parse_plain_header(noted) is None
    rule = ResizeRule(60, 60, 3)
    assert np.array_equal(rule.apply(noted), rule.apply(KINDS["baseline"]))


def test_a_rotated_jpeg_is_decoded_upright() -> None:
    exif = Image.Exif()
    exif[274] = 6  # upright after a rotation by 90 degrees to the right
    rotated = np.asarray(decode_image(encoded(exif=exif), 3, min_size=60)[0])
    stored = np.asarray(decode_image(KINDS["baseline"], 3, min_size=60)[0])
    assert np.array_equal(rotated, np.rot90(stored, -1))


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_jpeg_is_an_error(tenth: int) -> None:
    data = KINDS["baseline"]
    with pytest.raises(FileError):
        decode_image(data[: len(data) * tenth // 10], 3, min_size=60)


@pytest.mark.parametrize(
    "data",
    [
        KINDS["baseline"].replace(b"\xff\xdb", b"\xff\xe1", 1),
        KINDS["baseline"].replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c"),
        KINDS["baseline"][:2] + b"\x00" + KINDS["baseline"][2:],
        KINDS["baseline"].replace(b"\xff\xda", b"\xff\xcc", 1),
        encoded(landscape().convert("CMYK")),
        b"\xff\xd8\xff\xc0",
        b"\xff\xd8",
    ],
    ids=["metadata", "12 bits", "garbage", "arithmetic", "cmyk", "truncated", "empty"],
)
def test_unusual_jpegs_are_left_to_pillow(data: bytes) -> None:
    assert jpeg.parse_plain_header(data) is None
