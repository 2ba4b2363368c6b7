"""Contact sheets: the network's inputs per class, and the images of findings."""

import textwrap
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from scallion import session
from scallion.errors import FileError
from scallion.findings import Finding
from scallion.images.augmentation import Augmentation, augment_images, describe_layers
from scallion.images.loading import ImageSet
from scallion.images.reading import decoding
from scallion.images.reading.listing import SPLITS, printable
from scallion.layers import Layer
from scallion.plot_fonts import drawable_names, drawable_text, font_files

CELL, GAP, MARGIN = 96, 8, 28  # pixels
CLASSES, SAMPLES, VARIANTS = 12, 3, 2  # rows, images per row, augmented variants of each
PAIRS, FILES = 4, 8  # shown per finding
_LABEL = 132  # pixels for the class names at the left
_INK, _SOFT, _LINE, _PAPER = "#1c2430", "#667085", "#e4e7ec", "#ffffff"
_SEVERITY = {"error": "#b42318", "warning": "#b54708", "info": "#475467"}


def contact_sheet(
    images: ImageSet, augmentation: Augmentation | Sequence[Layer], *, seed: int = 0
) -> Image.Image:
    """Draw a row per class: of each image the file, the network's input, and augmented variants.

    `augmentation` may also be layers, as they precede all others of a network.
    """
    with session.fresh_names():
        layers = augmentation.layers() if isinstance(augmentation, Augmentation) else augmentation
    classes = _spread(len(images.class_names), CLASSES)
    variants = VARIANTS if layers else 0
    group = (2 + variants) * (CELL + 4) + 2 * GAP
    width = 2 * MARGIN + _LABEL + SAMPLES * group
    words = textwrap.fill(_subtitle(images, layers, len(classes)), width // 8)
    top = 118 + 20 * words.count("\n")
    page = Image.new("RGB", (width, top + len(classes) * (CELL + GAP + 8) + MARGIN), _PAPER)
    draw = ImageDraw.Draw(page)
    _draw_title(draw, images.name, words)
    headers = ("file", "network input", *["augmented"] * variants)
    for place in range(SAMPLES):
        left = MARGIN + _LABEL + place * group
        for column, header in enumerate(headers):
            draw.text((left + column * (CELL + 4), top - 22), header, _SOFT, _font(12))
    for line, label in enumerate(classes):
        y = top + line * (CELL + GAP + 8)
        draw.line((MARGIN, y - 6, width - MARGIN, y - 6), _LINE)
        _draw_class(draw, images, int(label), y)
        rows = np.flatnonzero(images.train.y == label)
        for place, cells in enumerate(_cells(images, rows, layers, variants, seed)):
            left = MARGIN + _LABEL + place * group
            for column, cell in enumerate(cells):
                page.paste(cell, (left + column * (CELL + 4), y))
    return page


def _cells(
    images: ImageSet, rows: NDArray[np.int64], layers: Sequence[Layer], variants: int, seed: int
) -> list[list[Image.Image]]:
    """Return for some of the training images: file, network input, augmented variants."""
    rows = rows[_spread(len(rows), SAMPLES)]
    inputs = np.stack([_as_bytes(images.train.x[row]) for row in rows])
    augmented = [augment_images(layers, inputs, seed=seed + number) for number in range(variants)]
    return [
        [
            _file_cell(images, int(row)),
            *(_cell(_as_image(pixels[place])) for pixels in (inputs, *augmented)),
        ]
        for place, row in enumerate(rows)
    ]


def findings_sheet(images: ImageSet, findings: Sequence[Finding]) -> Image.Image | None:
    """Draw the images of the findings, pairs side by side; None where no finding has images."""
    drawn = [finding for finding in findings if finding.evidence.get("rows")]
    if not drawn:
        return None
    strips = [_finding_strip(images, finding) for finding in drawn]
    width = max(strip.width for strip in strips)
    height = 92 + sum(strip.height + GAP for strip in strips) + MARGIN
    page = Image.new("RGB", (width, height), _PAPER)
    _draw_title(ImageDraw.Draw(page), images.name, "What the checks found, most severe first.")
    y = 92
    for strip in strips:
        page.paste(strip, (0, y))
        y += strip.height + GAP
    return page


def _finding_strip(images: ImageSet, finding: Finding) -> Image.Image:
    entries = finding.evidence["rows"]
    pairs = isinstance(entries[0], list)
    entries = entries[: PAIRS if pairs else FILES]
    step = (2 * CELL + 4 + 2 * GAP) if pairs else CELL + GAP
    width = 2 * MARGIN + max(PAIRS * (2 * CELL + 4 + 2 * GAP), 760)
    sentence = textwrap.wrap(finding.sentence, 110)
    top = 12 + 20 * len(sentence)
    strip = Image.new("RGB", (width, top + CELL + 40), _PAPER)
    draw = ImageDraw.Draw(strip)
    draw.line((MARGIN, 0, width - MARGIN, 0), _LINE)
    for number, line in enumerate(sentence):
        draw.text((MARGIN, 8 + 20 * number), line, _SEVERITY[finding.severity], _font(14))
    for place, entry in enumerate(entries):
        for column, row in enumerate(entry if pairs else [entry]):
            x = MARGIN + place * step + column * (CELL + 4)
            strip.paste(_cell(_as_image(images.pixels[row])), (x, top))
            name, where = _caption(images, row)
            draw.text((x, top + CELL + 3), _ellipsize(name, CELL, 11), _INK, _font(11, name))
            draw.text((x, top + CELL + 17), _ellipsize(where, CELL, 11), _SOFT, _font(11, where))
    return strip


def _caption(images: ImageSet, row: int) -> tuple[str, str]:
    """Return the caption of an image: its file name, split and class."""
    for name, split in zip(SPLITS, images.splits, strict=True):
        if row < len(split):
            file = Path(split.paths[row]).name if split.paths else f"number {row}"
            return file, f"{name} · {images.class_names[split.y[row]]}"
        row -= len(split)
    return "", ""


def _subtitle(images: ImageSet, layers: Sequence[Layer], rows: int) -> str:
    total = sum(len(split) for split in images.splits)
    classes = len(images.class_names)
    some = f", {rows} of them shown" if rows < classes else ""
    parts = [f"{total:,} images in {classes:,} classes{some}"]
    if images.resize_rule is not None:
        parts.append(f"resized to {images.resize_rule.describe()}")
    parts.append(describe_layers(layers))
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _draw_title(draw: ImageDraw.ImageDraw, name: str, words: str) -> None:
    draw.text((MARGIN, 22), name, _INK, _font(26))
    draw.multiline_text((MARGIN, 58), words, _SOFT, _font(14))


def _draw_class(draw: ImageDraw.ImageDraw, images: ImageSet, label: int, y: int) -> None:
    name = drawable_names(images.class_names)[label]
    name = _ellipsize(name, _LABEL - 12, 16)
    draw.text((MARGIN, y + CELL // 2 - 20), name, _INK, _font(16, name))
    count = f"{int((images.train.y == label).sum()):,} to train on"
    draw.text((MARGIN, y + CELL // 2 + 2), count, _SOFT, _font(12))


def _file_cell(images: ImageSet, row: int) -> Image.Image:
    """Return the whole image of a file, or the network's input for arrays."""
    if images.listing is None or images.resize_rule is None:
        return _cell(_as_image(images.train.x[row]))
    try:
        path = images.listing.root / images.train.paths[row]
        data = decoding.read_bytes(path, follow_links=False)
        with decoding.ignore_pillow_warnings():
            image, _ = decoding.decode_image(
                data, 3, min_size=CELL, value_range=images.resize_rule.value_range
            )
    except FileError:
        return Image.new("RGB", (CELL, CELL), _LINE)
    return _cell(image)


def _cell(image: Image.Image) -> Image.Image:
    """Fit an image into a cell; a small one is enlarged without smoothing, so pixels are seen."""
    scale = CELL / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    resampling = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
    resized = image.convert("RGB").resize(size, resampling)
    cell = Image.new("RGB", (CELL, CELL), "#f2f4f7")
    cell.paste(resized, ((CELL - resized.width) // 2, (CELL - resized.height) // 2))
    ImageDraw.Draw(cell).rectangle((0, 0, CELL - 1, CELL - 1), outline=_LINE)
    return cell


def _as_image(pixels: NDArray[np.generic]) -> Image.Image:
    pixels = _as_bytes(pixels)
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels[..., :3])


def _as_bytes(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return uint8 pixels; other types are scaled to 0 to 255."""
    if pixels.dtype == np.uint8:
        return pixels.view(np.uint8)
    values = np.asarray(pixels, np.float64)
    low, high = float(values.min()), float(values.max())
    return ((values - low) * (255 / ((high - low) or 1))).astype(np.uint8)


def _spread(count: int, most: int) -> NDArray[np.int64]:
    """Return up to `most` indices, spread evenly over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _ellipsize(text: str, width: int, size: int) -> str:
    """Shorten a text in the middle to a width in pixels."""
    text = drawable_text(printable(text))
    font = _font(size, text)
    if font.getlength(text) <= width:
        return text
    keep = len(text)
    while keep > 2 and font.getlength(_shorten(text, keep)) > width:
        keep -= 1
    return _shorten(text, keep)


def _shorten(text: str, keep: int) -> str:
    return f"{text[: keep // 2]}…{text[len(text) - (keep - keep // 2) :]}"


@lru_cache(maxsize=16)
def _font(size: int, text: str = "") -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which comes with Matplotlib, or a font that has the text's letters."""
    return ImageFont.truetype(font_files(text)[-1], size)
