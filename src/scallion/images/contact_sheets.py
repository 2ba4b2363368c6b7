"""Contact sheets: what the network sees of each class, and what the checks found suspicious."""

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
from scallion.images.augmentation import Augmentation, changed, in_words
from scallion.images.loading import ImageSet
from scallion.images.reading import decoding
from scallion.images.reading.listing import SPLITS, printable
from scallion.layers import Layer

CELL, GAP, MARGIN = 96, 8, 28
CLASSES, SAMPLES, VARIANTS = 12, 3, 2  # rows, pictures in a row, augmentations of each
PAIRS, FILES = 4, 8  # of each finding
_LABEL = 132  # pixels for the names at the left
_INK, _SOFT, _LINE, _PAPER = "#1c2430", "#667085", "#e4e7ec", "#ffffff"
_SEVERITY = {"error": "#b42318", "warning": "#b54708", "info": "#475467"}


def contact_sheet(
    images: ImageSet, augmentation: Augmentation | Sequence[Layer], *, seed: int = 0
) -> Image.Image:
    """Rows of classes; of each picture the original, what the network sees, and augmented views.

    What changes the pictures is an augmentation, or layers that stand before all others.
    """
    with session.fresh_names():
        changes = augmentation.layers() if isinstance(augmentation, Augmentation) else augmentation
    chosen = _spread(len(images.class_names), CLASSES)
    variants = VARIANTS if changes else 0
    group = (2 + variants) * (CELL + 4) + 2 * GAP
    width = 2 * MARGIN + _LABEL + SAMPLES * group
    words = textwrap.fill(_subtitle(images, changes, len(chosen)), width // 8)
    top = 118 + 20 * words.count("\n")
    page = Image.new("RGB", (width, top + len(chosen) * (CELL + GAP + 8) + MARGIN), _PAPER)
    draw = ImageDraw.Draw(page)
    _title(draw, images.name, words)
    for place in range(SAMPLES):
        left = MARGIN + _LABEL + place * group
        for at, words in enumerate(("file", "network sees", *["augmented"] * variants)):
            draw.text((left + at * (CELL + 4), top - 22), words, _SOFT, _font(12))
    for line, label in enumerate(chosen):
        y = top + line * (CELL + GAP + 8)
        draw.line((MARGIN, y - 6, width - MARGIN, y - 6), _LINE)
        _class_label(draw, images, int(label), y)
        rows = np.flatnonzero(images.train.y == label)
        rows = rows[_spread(len(rows), SAMPLES)]
        seen = np.stack([_bytes(images.train.x[row]) for row in rows])
        views = [changed(changes, seen, seed=seed + place) for place in range(variants)]
        for place, row in enumerate(rows):
            left = MARGIN + _LABEL + place * group
            page.paste(_original(images, int(row)), (left, y))
            for at, view in enumerate((seen, *views), 1):
                page.paste(_cell(_image(view[place])), (left + at * (CELL + 4), y))
    return page


def findings_sheet(images: ImageSet, findings: Sequence[Finding]) -> Image.Image | None:
    """The pictures behind the findings, pairs side by side; None where no finding has pictures."""
    shown_here = [finding for finding in findings if finding.evidence.get("rows")]
    if not shown_here:
        return None
    parts = [_finding_strip(images, finding) for finding in shown_here]
    width = max(part.width for part in parts)
    height = 92 + sum(part.height + GAP for part in parts) + MARGIN
    page = Image.new("RGB", (width, height), _PAPER)
    _title(ImageDraw.Draw(page), images.name, "What the checks found, the worst first.")
    y = 92
    for part in parts:
        page.paste(part, (0, y))
        y += part.height + GAP
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
        for at, row in enumerate(entry if pairs else [entry]):
            x = MARGIN + place * step + at * (CELL + 4)
            strip.paste(_cell(_image(images.pixels[row])), (x, top))
            name, where = _named(images, row)
            draw.text((x, top + CELL + 3), _fitted(name, CELL, 11), _INK, _font(11))
            draw.text((x, top + CELL + 17), _fitted(where, CELL, 11), _SOFT, _font(11))
    return strip


def _named(images: ImageSet, row: int) -> tuple[str, str]:
    """The file of a row of all pictures, and its split and class."""
    for split, part in zip(SPLITS, images.parts, strict=True):
        if row < len(part):
            name = Path(part.paths[row]).name if part.paths else f"number {row}"
            return name, f"{split} · {images.class_names[part.y[row]]}"
        row -= len(part)
    return "", ""


def _subtitle(images: ImageSet, changes: Sequence[Layer], rows: int) -> str:
    total = len(images.train) + len(images.validation) + len(images.test)
    classes = len(images.class_names)
    some = f", {rows} of them here" if rows < classes else ""
    parts = [f"{total:,} pictures in {classes:,} classes{some}"]
    if images.resize_rule is not None:
        parts.append(f"they become {images.resize_rule.in_words()}")
    parts.append(in_words(changes))
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _title(draw: ImageDraw.ImageDraw, name: str, words: str) -> None:
    draw.text((MARGIN, 22), name, _INK, _font(26))
    draw.multiline_text((MARGIN, 58), words, _SOFT, _font(14))


def _class_label(draw: ImageDraw.ImageDraw, images: ImageSet, label: int, y: int) -> None:
    name = _fitted(images.class_names[label], _LABEL - 12, 16)
    draw.text((MARGIN, y + CELL // 2 - 20), name, _INK, _font(16))
    count = f"{int((images.train.y == label).sum()):,} to train on"
    draw.text((MARGIN, y + CELL // 2 + 2), count, _SOFT, _font(12))


def _original(images: ImageSet, row: int) -> Image.Image:
    """The file as it is, its whole, or what the network sees where there is no file."""
    if images.listing is None or images.resize_rule is None:
        return _cell(_image(images.train.x[row]))
    try:
        data = decoding.read_bytes(images.listing.root / images.train.paths[row], follow=False)
        with decoding.ignore_pillow_warnings():
            picture, _ = decoding.picture(data, 3, least=CELL, depths=images.resize_rule.depths)
    except FileError:
        return Image.new("RGB", (CELL, CELL), _LINE)
    scale = CELL / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    way = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
    return _centred(picture.resize(size, way))


def _cell(picture: Image.Image) -> Image.Image:
    """A small picture enlarged without smoothing, so that its pixels can be seen."""
    scale = CELL / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    way = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
    return _centred(picture.convert("RGB").resize(size, way))


def _centred(picture: Image.Image) -> Image.Image:
    cell = Image.new("RGB", (CELL, CELL), "#f2f4f7")
    cell.paste(picture, ((CELL - picture.width) // 2, (CELL - picture.height) // 2))
    ImageDraw.Draw(cell).rectangle((0, 0, CELL - 1, CELL - 1), outline=_LINE)
    return cell


def _image(pixels: NDArray[np.generic]) -> Image.Image:
    pixels = _bytes(pixels)
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels[..., :3])


def _bytes(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Pixels as they can be seen: other numbers than bytes are stretched from 0 to 255."""
    if pixels.dtype == np.uint8:
        return pixels.view(np.uint8)
    values = np.asarray(pixels, np.float64)
    low, high = float(values.min()), float(values.max())
    return ((values - low) * (255 / ((high - low) or 1))).astype(np.uint8)


def _spread(count: int, most: int) -> NDArray[np.int64]:
    """Up to `most` places, spread evenly over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _fitted(text: str, width: int, size: int) -> str:
    """The text, its middle left out where it is too wide."""
    text, font = printable(text), _font(size)
    if font.getlength(text) <= width:
        return text
    keep = len(text)
    while keep > 2 and font.getlength(_shortened(text, keep)) > width:
        keep -= 1
    return _shortened(text, keep)


def _shortened(text: str, keep: int) -> str:
    return f"{text[: keep // 2]}…{text[len(text) - (keep - keep // 2) :]}"


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with Matplotlib and knows many scripts."""
    from matplotlib import get_data_path

    return ImageFont.truetype(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)
