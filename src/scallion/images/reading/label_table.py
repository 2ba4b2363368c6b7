"""A folder with a table of its pictures: `path,label[,split,group,weight]`, as CSV."""

import csv
import io
import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from scallion.errors import DataError
from scallion.files import StrPath, read_bytes
from scallion.images.reading.listing import (
    UNASSIGNED,
    ImageListing,
    SkippedFiles,
    normalize_name,
    printable,
)
from scallion.images.reading.scanning import SPLIT_NAMES, ListedImage, build_listing, resolve_folder

_COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "image", "image_path", "filepath"),
    "label": ("label", "class", "class_name", "target", "category", "labels"),
    "split": ("split", "subset", "set"),
    "group": ("group", "patient", "film", "subject"),
    "weight": ("weight", "sample_weight"),
}
_MOST_BYTES = 1 << 28
_FORM = "the first line names the columns: path,label and, if you like, split,group,weight"


def find_label_table(folder: Path) -> Path | None:
    """The one CSV file in a folder that names paths and labels, if there is one."""
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in (".csv", ".tsv") and not path.is_symlink() and _is_table(path)
    ]
    if len(found) > 1:
        names = ", ".join(printable(path.name) for path in found)
        raise DataError(
            f"several tables name pictures and labels: {names}",
            hint=f"name one of them: scallion train {printable(str(found[0]))}",
        )
    return found[0] if found else None


def read_label_table(path: StrPath) -> ImageListing:
    """The pictures that a table names, relative to its folder.

    Rows whose file is missing are passed over and counted. Raises MissingFileError, FileError, and
    DataError for a table of another form, a path that leads out of the folder, a picture with two
    labels, and classes that a split lacks.
    """
    path = Path(path)
    text = _decoded(path)
    root = resolve_folder(path.parent)
    skipped_files = SkippedFiles()
    rows: dict[str, ListedImage] = {}
    inside: dict[str, bool] = {}
    for number, row in enumerate(_rows(text, path), 2):
        where = f"{printable(path.name)}, line {number}"
        found = _row(root, row, where, skipped_files, inside)
        if found is None:
            continue
        before = rows.setdefault(found.path, found)
        if before.kind != found.kind:
            raise DataError(
                f"{where}: {printable(found.path)!r} has the label {found.kind!r}, and had "
                f"{before.kind!r}",
                hint="give each picture one label",
            )
        if before is not found:
            skipped_files.add("rows that are there twice", found.path)
    return build_listing(root, list(rows.values()), skipped_files, numbers=True)


def _row(
    root: Path,
    row: Mapping[str, str],
    where: str,
    skipped_files: SkippedFiles,
    inside: dict[str, bool],
) -> ListedImage | None:
    path, label = row["path"].replace("\\", "/"), normalize_name(row["label"])
    if not path or not label:
        raise DataError(f"{where}: a path and a label are needed", hint=_FORM)
    pure = PurePosixPath(path)
    parent = str(pure.parent)
    if parent not in inside:
        inside[parent] = (root / parent).resolve().is_relative_to(root)
    if pure.is_absolute() or ".." in pure.parts or not inside[parent]:
        raise DataError(
            f"{where}: the path leads out of the folder. Received: {printable(path)!r}",
            hint=f"name pictures in {printable(str(root))}, relative to it",
        )
    try:
        status = os.lstat(root / pure)
    except (OSError, ValueError):
        skipped_files.add("rows without a file", path)
        return None
    if not stat.S_ISREG(status.st_mode):
        skipped_files.add("links" if stat.S_ISLNK(status.st_mode) else "no files", path)
        return None
    return ListedImage(
        str(pure),
        label,
        _split(row.get("split", ""), where),
        status.st_size,
        status.st_mtime_ns,
        row.get("group") or None,
        _weight(row.get("weight", ""), where),
    )


def _split(text: str, where: str) -> int:
    if not text:
        return UNASSIGNED
    if text.lower() not in SPLIT_NAMES:
        raise DataError(
            f"{where}: unknown split. Received: {text!r}",
            hint="write train, validation or test, or leave it empty",
        )
    return SPLIT_NAMES[text.lower()]


def _weight(text: str, where: str) -> float:
    try:
        weight = float(text) if text else 1.0
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise DataError(
            f"{where}: a weight is a number from 0. Received: {text!r}",
            hint="write 1 for a picture like any other",
        )
    return weight


def _rows(text: str, path: Path) -> list[dict[str, str]]:
    """The rows with our names for their columns."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        lines = [line for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise DataError(f"{printable(path.name)} is no table: {error}", hint=_FORM) from error
    names = _named(lines[0]) if lines else {}
    if "path" not in names or "label" not in names:
        received = ", ".join(lines[0])[:200] if lines else "an empty file"
        raise DataError(
            f"{printable(path.name)} names no path and label. Received: {received}", hint=_FORM
        )
    width = max(names.values())
    for number, line in enumerate(lines[1:], 2):
        if len(line) <= width:
            raise DataError(
                f"{printable(path.name)}, line {number}: {len(line)} cells, {width + 1} expected",
                hint=_FORM,
            )
    return [{name: line[at].strip() for name, at in names.items()} for line in lines[1:]]


def _named(header: list[str]) -> dict[str, int]:
    words = [cell.strip().lower() for cell in header]
    found: dict[str, int] = {}
    for name, known in _COLUMNS.items():
        for word in known:
            if word in words:
                found[name] = words.index(word)
                break
    return found


def _is_table(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            line = file.readline(10_000)
    except OSError:
        return False
    return {"path", "label"} <= set(_named(line.split(_delimiter(line))))


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _decoded(path: Path) -> str:
    data = read_bytes(path)
    if len(data) > _MOST_BYTES:
        raise DataError(
            f"{printable(path.name)} has {len(data):,} bytes", hint="is this the table?"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
