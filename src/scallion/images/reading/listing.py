"""The listing of an image data set: one row per file, in an order that depends on names only."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TRAIN, VALIDATION, TEST, UNASSIGNED = 0, 1, 2, -1
SPLITS = ("train", "validation", "test")
_EXAMPLES = 5


@dataclass(slots=True)
class SkippedFiles:
    """Files that are not part of the data set: a count per reason, and a few names."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        """Count one file or folder."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        names = self.examples.setdefault(reason, [])
        if len(names) < _EXAMPLES:
            names.append(printable(name))

    def __len__(self) -> int:
        return sum(self.counts.values())

    def describe(self) -> str:
        """Return the counts in one line, the most frequent reason first.

        >>> SkippedFiles({"hidden": 2, "symbolic links": 1}).describe()
        'hidden (2), symbolic links (1)'
        """
        ordered = sorted(self.counts.items(), key=lambda entry: (-entry[1], entry[0]))
        return ", ".join(f"{reason} ({count:,})" for reason, count in ordered)


@dataclass(frozen=True, slots=True, eq=False)
class ImageListing:
    """Image files by path below `root`, with `/` between folders, sorted; columns are parallel.

    `splits` holds TRAIN, VALIDATION, TEST, or UNASSIGNED. `sizes` are bytes, `times` nanoseconds.
    `groups` and `weights` are None where there are none.
    """

    root: Path
    paths: list[str]
    labels: NDArray[np.int64]
    splits: NDArray[np.int8]
    sizes: NDArray[np.int64]
    times: NDArray[np.int64]
    class_names: tuple[str, ...]
    skipped_files: SkippedFiles
    groups: list[str] | None = None
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.paths)

    def path(self, row: int) -> Path:
        """Return the full path of a row's file."""
        return self.root / self.paths[row]

    def take(self, rows: NDArray[np.int64]) -> "ImageListing":
        """Return these rows only, in this order."""
        return replace(
            self,
            paths=[self.paths[row] for row in rows],
            labels=self.labels[rows],
            splits=self.splits[rows],
            sizes=self.sizes[rows],
            times=self.times[rows],
            groups=None if self.groups is None else [self.groups[row] for row in rows],
            weights=None if self.weights is None else self.weights[rows],
        )

    def with_splits(self, splits: NDArray[np.int8]) -> "ImageListing":
        """Return the same images with other splits, int8 (n,)."""
        return replace(self, splits=splits)


def printable(name: str) -> str:
    """Return a file name with control characters and invalid bytes escaped.

    >>> printable("a\\nb"), printable("größe.png")
    ('a\\\\nb', 'größe.png')
    """
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def normalize_name(name: str) -> str:
    """Return a class name in Unicode form NFC: macOS writes the same letters differently."""
    return printable(unicodedata.normalize("NFC", name))


def quote_names(names: Sequence[str], most: int = 5) -> str:
    """Return the first names in quotes, and how many more there are.

    >>> quote_names(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    few = ", ".join(repr(name) for name in names[:most])
    return few if len(names) <= most else f"{few} and {len(names) - most:,} more"
