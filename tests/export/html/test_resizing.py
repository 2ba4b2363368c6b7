"""Resizing in exported pages, compared with the resize rule of training."""

import io
import json
import subprocess
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion.export.html import html_file
from scallion.images.resizing import FIT_MODES, ResizeRule

pytestmark = pytest.mark.skipif(html_file.runtime() is None, reason="there is no Node")

# Reads images one after the other, RGBA, and writes what the page's code makes of them.
PROGRAM = """
const fs = require("fs");
const cases = JSON.parse(fs.readFileSync("cases.json", "utf8")), images = fs.readFileSync("images");
const code = fs.readFileSync("resizing.js", "utf8");
const [prepare, reduceJpeg] = new Function(`${code}; return [prepare, reduceJpeg];`)();
let place = 0;
fs.writeFileSync("pixels", Buffer.concat(cases.map(([width, height, rule, isJpeg]) => {
  const data = images.subarray(place, place += 4 * width * height);
  const image = { data, width, height };
  return prepare(isJpeg ? reduceJpeg(image, rule) : image, rule);
})));
"""


def prepared_in_node(
    folder: Path, images: list[np.ndarray], rules: list[ResizeRule], *, are_jpegs: bool = False
) -> list[np.ndarray]:
    """Return what the page's code makes of RGB images (h, w, 3)."""
    cases = [
        [image.shape[1], image.shape[0], rule.as_dict(), are_jpegs]
        for image, rule in zip(images, rules, strict=True)
    ]
    opaque = [np.pad(image, ((0, 0), (0, 0), (0, 1)), constant_values=255) for image in images]
    (folder / "cases.json").write_text(json.dumps(cases))
    (folder / "images").write_bytes(b"".join(image.tobytes() for image in opaque))
    script = resources.files("scallion.export.html").joinpath("resizing.js").read_bytes()
    (folder / "resizing.js").write_bytes(script)
    subprocess.run(["node", "-e", PROGRAM], cwd=folder, check=True)
    pixels = np.frombuffer((folder / "pixels").read_bytes(), np.uint8)
    places = np.cumsum([0, *(np.prod(rule.shape) for rule in rules)])
    return [
        pixels[start:end].reshape(rule.shape)
        for start, end, rule in zip(places[:-1], places[1:], rules, strict=True)
    ]


@pytest.mark.parametrize("fit", FIT_MODES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_page_prepares_the_pixels_of_training(fit: str, channels: int, tmp_path: Path) -> None:
    random = np.random.default_rng([FIT_MODES.index(fit), channels])
    images, rules = [], []
    for _ in range(50):  # half of the sides are larger than the network's, half are smaller
        height, width = (int(side) for side in np.exp(random.uniform(0, 5.5, 2)))
        images.append(random.integers(0, 256, (height, width, 3), np.uint8))
        sides = (int(side) for side in np.exp(random.uniform(0, 4.8, 2)))
        rules.append(ResizeRule(*sides, channels, fit))
    found = prepared_in_node(tmp_path, images, rules)
    wrong = [
        (image.shape[:2], rule.shape)
        for image, rule, pixels in zip(images, rules, found, strict=True)
        if not np.array_equal(rule.apply(image), pixels)
    ]
    assert wrong == []


def test_a_page_reduces_jpegs_nearly_as_the_decoder_does(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    images, rules, wanted = [], [], []
    # An eighth, a quarter, three eighths, half, and the whole size.
    for width, height in ((640, 528), (203, 301), (192, 176), (131, 150), (63, 90)):
        coarse = random.integers(0, 256, (height // 12, width // 12, 3), np.uint8)
        smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        file = io.BytesIO()
        smooth.save(file, "JPEG", quality=90, subsampling=0)
        images.append(np.asarray(Image.open(file).convert("RGB")))
        rules.append(ResizeRule(64, 64, 3, "crop"))
        wanted.append(rules[-1].apply(file.getvalue()))
    found = prepared_in_node(tmp_path, images, rules, are_jpegs=True)
    apart = [
        np.abs(one.astype(int) - other.astype(int))
        for one, other in zip(found, wanted, strict=True)
    ]
    assert max(one.mean() for one in apart) < 0.5
    assert max(one.max() for one in apart) <= 6
    np.testing.assert_array_equal(found[-1], wanted[-1])
