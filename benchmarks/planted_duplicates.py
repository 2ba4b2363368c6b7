"""Measure how many planted duplicates the folder check finds, and draw its other reports.

    python benchmarks/planted_duplicates.py [--set fashion-mnist | FILE.npz] [--train N] [--test N]
        [--seed N] [--sheet FILE.png]

Training images are copied into the test split: byte for byte, re-encoded (JPEG or WebP, quality 50
to 95), resized (half to twice the side), both, and mirrored. Prints the percentage found of each
kind; --sheet writes a PNG of reported pairs that were not planted, for inspection.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from scallion import datasets, images
from scallion.images.loading import ImageSet

EACH = 200
KINDS = ("exact", "reencoded", "resized", "both", "mirrored")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="fashion-mnist", help="a named set, or a .npz file")
    parser.add_argument("--train", type=int, default=60_000)
    parser.add_argument("--test", type=int, default=10_000)
    parser.add_argument(
        "--seed", type=int, default=1, help="decides which images are planted and how"
    )
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.train, arguments.test = 1000, 300
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "images"
        planted = write(root, arguments)
        started = time.perf_counter()
        loaded = images.load(root)
        read = time.perf_counter() - started
        findings = {finding.code: finding for finding in images.check(loaded)}
        checked = time.perf_counter() - started - read
        count = sum(map(len, loaded.splits))
        print(f"{count:,} images: read in {read:.1f} s, checked in {checked:.1f} s")
        pairs = {code: pairs_of(loaded, finding.evidence.get("rows", []))
                 for code, finding in findings.items()}  # fmt: skip
        for kind in KINDS:
            prefix = {"exact": "duplicates", "mirrored": "mirrored-duplicates"}.get(
                kind, "near-duplicates"
            )
            there = pairs.get(f"{prefix}-across-splits", set())
            wanted = [pair for pair in planted if pair[2] == kind]
            found = sum((a, b) in there for a, b, _ in wanted)
            print(f"{kind:<10} {found} of {len(wanted)} found, {100 * found / len(wanted):.1f} %")
        names = {copy for _, copy, _ in planted}
        others = [
            row
            for code in ("near-duplicates-across-splits", "near-duplicates")
            for row in getattr(findings.get(code), "evidence", {}).get("rows", [])
            if not names & set(files_of(loaded, row))
        ]
        print(f"{len(others)} reported near-duplicates were not planted")
        if arguments.sheet and others:
            random.Random(0).shuffle(others)
            sheet(loaded, others[:100]).save(arguments.sheet)


def write(root: Path, arguments: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Write the folder and return what was planted: original, copy, kind."""
    known = arguments.set.endswith(".npz")
    arrays = datasets.load_npz(arguments.set) if known else datasets.find(arguments.set).load()
    for split, x, y, most in (
        ("train", arrays.x_train, arrays.y_train, arguments.train),
        ("test", arrays.x_test, arrays.y_test, arguments.test),
    ):
        for number, (pixels, label) in enumerate(zip(x[:most], y[:most], strict=True)):
            folder = root / split / f"class{label}"
            folder.mkdir(parents=True, exist_ok=True)
            to_image(pixels).save(folder / f"{number:05}.png", compress_level=1)
    chance = random.Random(arguments.seed)
    planted: list[tuple[str, str, str]] = []
    for number in chance.sample(
        range(min(arguments.train, len(arrays.x_train))), EACH * len(KINDS)
    ):
        kind = KINDS[len(planted) % len(KINDS)]
        folder = f"class{arrays.y_train[number]}"
        ending = (
            "png" if kind in ("exact", "resized", "mirrored") else chance.choice(("jpg", "webp"))
        )
        copy = f"test/{folder}/copy-{number:05}.{ending}"
        original = to_image(arrays.x_train[number])
        altered(original, kind, chance).save(
            root / copy, **({} if ending == "png" else {"quality": chance.randint(50, 95)})
        )
        planted.append((f"train/{folder}/{number:05}.png", copy, kind))
    return planted


def altered(original: Image.Image, kind: str, chance: random.Random) -> Image.Image:
    if kind in ("resized", "both"):
        side = round(original.width * chance.uniform(0.5, 2))
        return original.resize((side, side), Image.Resampling.BICUBIC)
    if kind == "mirrored":
        return original.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return original


def to_image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def files_of(loaded: ImageSet, row: list[int]) -> list[str]:
    paths = [path for part in loaded.splits for path in part.paths]
    return [paths[one] for one in row]


def pairs_of(loaded: ImageSet, rows: list) -> set[tuple[str, str]]:
    paths = [path for part in loaded.splits for path in part.paths]
    return {(paths[row[0]], paths[row[1]]) for row in rows if isinstance(row, list)}


def sheet(loaded: ImageSet, rows: list[list[int]]) -> Image.Image:
    """Draw ten pairs per line."""
    cell, lines = 64, -(-len(rows) // 10)
    page = Image.new("RGB", (10 * (2 * cell + 12), lines * (cell + 10)), "white")
    for at, row in enumerate(rows):
        for side, one in enumerate(row):
            big = (
                to_image(loaded.pixels[one])
                .convert("RGB")
                .resize((cell, cell), Image.Resampling.NEAREST)
            )
            page.paste(big, (at % 10 * (2 * cell + 12) + side * (cell + 1), at // 10 * (cell + 10)))
    return page


if __name__ == "__main__":
    main()
