"""The names under which arrays of images and labels are found, in `.npz` files and folders."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from scallion.errors import DataError

SPLIT_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "train": ("train", "training"),
        "validation": ("val", "valid", "validation", "dev"),
        "test": ("test", "testing"),
    }
)
CLASS_NAMES = "class_names"
SAVE = "np.savez_compressed('data.npz', x_train=..., y_train=..., x_test=..., y_test=...)"

# What images are called, each with what labels are called beside it.
_PAIRS = (
    ("x", "y"),
    ("images", "labels"),
    ("image", "label"),
    ("imgs", "labels"),
    ("data", "labels"),
    ("data", "target"),
    ("x", "labels"),
)


@dataclass(frozen=True, slots=True)
class FoundSplits:
    """The keys of images and labels by split (train, validation, test), and keys without use."""

    pairs: Mapping[str, tuple[str, str]]
    unused: tuple[str, ...]


def find_splits(keys: Iterable[str], where: str) -> FoundSplits:
    """Return which arrays are which: `x_train`, `val_images`, `y_test`, or `x` and `y`.

    Upper and lower case, `-` and `_` are alike. Raises DataError for images without labels, and
    where there are none to train on; `where` begins its message.

    >>> find_splits(["X_train", "y_train", "ids"], "data.npz")
    FoundSplits(pairs={'train': ('X_train', 'y_train')}, unused=('ids',))
    """
    names = list(keys)
    pairs = match_pairs(names)
    for split in ("validation", "test"):
        half = None if split in pairs else _half_pair(split, names)
        if half is not None:
            raise DataError(f"{where} has {half[0]} but no {half[1]}", hint=f"save both: {SAVE}")
    if "train" not in pairs:
        listed = ", ".join(sorted(names)[:20]) or "nothing"
        raise DataError(
            f"{where} needs x_train and y_train, or x and y. Received: {listed}", hint=SAVE
        )
    used = {name for pair in pairs.values() for name in pair} | {CLASS_NAMES}
    return FoundSplits(pairs, tuple(name for name in names if name not in used))


def match_pairs(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the names of images and labels of each split for which there are both."""
    known = _by_normal_name(names)
    pairs: dict[str, tuple[str, str]] = {}
    for split in SPLIT_WORDS:
        for images, labels in _pairs_of(split):
            if images in known and labels in known:
                pairs.setdefault(split, (known[images], known[labels]))
    return pairs


def image_names(names: Sequence[str]) -> list[str]:
    """Return the names of images, those of a test split first, then those of no split.

    >>> image_names(["y_test", "x_train", "X_test", "images"])
    ['X_test', 'images', 'x_train']
    """
    known = _by_normal_name(names)
    wanted = [images for images, _ in _pairs_of("test")]
    wanted += [images for images, _ in _PAIRS]
    wanted += [images for split in ("validation", "train") for images, _ in _pairs_of(split)]
    return list(dict.fromkeys(known[name] for name in wanted if name in known))


def _half_pair(split: str, names: Sequence[str]) -> tuple[str, str] | None:
    """Return the array of a split whose other half is missing, and the missing one's name."""
    known = _by_normal_name(names)
    for images, labels in _pairs_of(split):
        if (images in known) != (labels in known):
            return (known[images], labels) if images in known else (known[labels], images)
    return None


def _by_normal_name(names: Sequence[str]) -> dict[str, str]:
    known = {name.casefold().replace("-", "_"): name for name in reversed(names)}
    return {**known, **{name: name for name in names}}


def _pairs_of(split: str) -> Iterator[tuple[str, str]]:
    for word in SPLIT_WORDS[split]:
        for images, labels in _PAIRS:
            yield f"{images}_{word}", f"{labels}_{word}"
            yield f"{word}_{images}", f"{word}_{labels}"
            yield f"{images}{word}", f"{labels}{word}"
            yield f"{word}{images}", f"{word}{labels}"
    if split == "train":
        yield from _PAIRS
