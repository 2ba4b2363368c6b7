"""What a data set of files consists of: a row a picture, in an order that depends on names only."""

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
    """Files that are no part of the data: how many for each reason, and a few names."""

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

    def in_words(self) -> str:
        """The counts in one line, the most frequent reason first.

        >>> seen = SkippedFiles({"hidden": 2, "links": 1})
        >>> seen.in_words()
        'hidden (2), links (1)'
        """
        ordered = sorted(self.counts.items(), key=lambda entry: (-entry[1], entry[0]))
        return ", ".join(f"{reason} ({count:,})" for reason, count in ordered)


@dataclass(frozen=True, slots=True, eq=False)
class ImageListing:
    """Pictures by path below `root`, '/' between folders, sorted; the columns are parallel.

    `splits` holds TRAIN, VALIDATION, TEST, or UNASSIGNED where nobody has said. `sizes` are bytes,
    `times` nanoseconds. `groups` and `weights` are None where there are none.
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

    def place(self, row: int) -> Path:
        """Where the picture of this row lies."""
        return self.root / self.paths[row]

    def at(self, rows: NDArray[np.int64]) -> "ImageListing":
        """These rows only, in this order."""
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
        """The same pictures, cut like this."""
        return replace(self, splits=splits)


def printable(name: str) -> str:
    """A file's name as it can be printed and stored: control characters and broken bytes escaped.

    >>> printable("a\\nb"), printable("größe.png")
    ('a\\\\nb', 'größe.png')
    """
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def normalize_name(name: str) -> str:
    """A name as classes are told apart: macOS and others write the same letters differently."""
    return printable(unicodedata.normalize("NFC", name))


def list_names(names: Sequence[str], most: int = 5) -> str:
    """A few names and how many more there are.

    >>> list_names(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    few = ", ".join(repr(name) for name in names[:most])
    return few if len(names) <= most else f"{few} and {len(names) - most:,} more"
