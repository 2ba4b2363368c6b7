"""Damaged image files raise our own errors, wherever they are read."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from mutations import RawErrors, mutate_bytes, seeds
from scallion.images import ResizeRule
from scallion.images.reading import decoding
from scallion.utils import load_img

FEW = 150


def corpus() -> list[bytes]:
    """Return a small valid file of each format and mode."""
    noise = np.random.default_rng(0).integers(0, 256, (12, 9, 4), np.uint8)
    deep = noise[..., 0].astype(np.uint16) * 257
    clear, colour, grey = Image.fromarray(noise), Image.fromarray(noise[..., :3]), noise[..., 0]
    exif = Image.Exif()
    exif[274] = 6
    cases = [
        (colour, "PNG", {}), (clear, "PNG", {}), (Image.fromarray(deep), "PNG", {}),
        (colour.quantize(9), "PNG", {"transparency": 1}), (Image.fromarray(grey), "PNG", {}),
        (colour, "JPEG", {"exif": exif}), (colour, "JPEG", {"progressive": True}),
        (colour.convert("CMYK"), "JPEG", {}), (Image.fromarray(grey), "JPEG", {}),
        (colour, "WEBP", {}), (clear, "WEBP", {"lossless": True}),
        (colour, "TIFF", {}), (Image.fromarray(deep), "TIFF", {"compression": "tiff_lzw"}),
        (Image.fromarray(grey.astype(np.float32)), "TIFF", {}),
        (Image.fromarray(grey.astype(np.int32)), "TIFF", {"compression": "tiff_deflate"}),
        (colour, "BMP", {}), (colour.quantize(4), "BMP", {}),
        (colour.quantize(9), "GIF", {"save_all": True, "append_images": [colour.quantize(5)]}),
        (colour, "PPM", {}), (Image.fromarray(grey), "PPM", {}),
    ]  # fmt: skip
    files = []
    for image, kind, options in cases:
        file = io.BytesIO()
        image.save(file, kind, **options)
        files.append(file.getvalue())
    return files


def damaged(files: list[bytes], rng: random.Random) -> bytes:
    """Return a damaged file; most damage is in its first bytes, which decide how it is read."""
    data = rng.choice(files)
    if rng.random() < 0.5:
        start = rng.randrange(8, min(len(data), 140))
        return mutate_bytes(data[:start], rng) + data[start:]
    return mutate_bytes(data, rng)


@pytest.mark.filterwarnings("ignore")
def test_damaged_images_raise_errors_with_a_hint(request: pytest.FixtureRequest) -> None:
    files, errors = corpus(), RawErrors()
    rules = [ResizeRule(8, 8, 1), ResizeRule(5, 20, 3, "pad"), ResizeRule(3, 3, 3, low=0, high=99)]
    for seed, rng in enumerate(seeds(request, FEW)):
        data, rule = damaged(files, rng), rng.choice(rules)
        mode = rng.choice(("rgb", "rgba", "grayscale"))
        errors.try_reading(seed, "header", lambda: decoding.read_header(data))  # noqa: B023
        errors.try_reading(seed, "apply", lambda: rule.apply(data))  # noqa: B023
        errors.try_reading(seed, "range", lambda: decoding.read_stored_range(data))  # noqa: B023
        errors.try_reading(
            seed,
            "load_img",
            lambda: load_img(io.BytesIO(data), mode, (4, 4), "bilinear"),  # noqa: B023
        )
    errors.require_none()
