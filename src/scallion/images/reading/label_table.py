"""Read a label table: a CSV or TSV file with the columns path and label, and optional others.

A first line `# label table 1` may state the version of the format; without it, it is version 1.
"""

import csv
import io
import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from shlex import quote

from scallion.errors import DataError
from scallion.files import StrPath, read_bytes
from scallion.images.reading.listing import (
    UNASSIGNED,
    ImageListing,
    SkippedFiles,
    normalize_name,
    printable,
)
from scallion.images.reading.scanning import (
    SPLIT_NAMES,
    ListedImage,
    build_listing,
    resolve_folder,
)

VERSION = 1  # of the format
TABLE_SUFFIXES = (".csv", ".tsv")
_COLUMNS = {  # each with the headers that name it
    "path": ("path", "file", "filename", "file_name", "image", "image_path", "filepath"),
    "label": ("label", "class", "class_name", "target", "category", "labels"),
    "split": ("split", "subset", "set"),
    "group": ("group", "patient", "film", "subject"),
    "weight": ("weight", "sample_weight"),
}
_VERSION_LINE = "# label table "
_MAX_BYTES = 1 << 28
_FORM = "the first line names the columns: path,label and optionally split,group,weight"


def find_label_table(folder: Path) -> Path | None:
    """Return the CSV or TSV file in a folder that has paths and labels, or None.

    Raises DataError where there are several.
    """
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in TABLE_SUFFIXES and not path.is_symlink() and _is_table(path)
    ]
    if len(found) > 1:
        names = ", ".join(printable(path.name) for path in found)
        raise DataError(
            f"several tables have paths and labels: {names}",
            hint=f"choose one of them: scallion train {quote(printable(str(found[0])))}",
        )
    return found[0] if found else None


def read_label_table(path: StrPath) -> ImageListing:
    """List the images of a table, whose paths are relative to its folder.

    Rows whose file is missing are skipped and counted. Raises MissingFileError, FileError, and
    DataError for a table of another version or form, a path outside the folder, an image with two
    labels, and classes that a split lacks.
    """
    path = Path(path)
    text = _decode(path)
    root = resolve_folder(path.parent)
    skipped = SkippedFiles()
    rows: dict[str, ListedImage] = {}
    inside: dict[str, bool] = {}
    first_line = 2 + text.startswith(_VERSION_LINE)
    rows_by_name = _rows(_without_version(text, path), path, first_line)
    for number, row in enumerate(rows_by_name, first_line):
        where = f"{printable(path.name)}, line {number}"
        found = _listed_image(root, row, where, skipped, inside)
        if found is None:
            continue
        first = rows.setdefault(found.path, found)
        if first.class_name != found.class_name:
            raise DataError(
                f"{where}: {printable(found.path)!r} has the label {found.class_name!r}, and "
                f"{first.class_name!r} in an earlier line",
                hint="give each image one label",
            )
        if first is not found:
            skipped.add("repeated rows", found.path)
    return build_listing(root, list(rows.values()), skipped, numeric=True)


def _listed_image(
    root: Path,
    row: Mapping[str, str],
    where: str,
    skipped: SkippedFiles,
    inside: dict[str, bool],
) -> ListedImage | None:
    """Convert one row; `inside` remembers which folders are below the root."""
    path, label = row["path"].replace("\\", "/"), normalize_name(row["label"])
    if not path or not label:
        raise DataError(f"{where}: a path and a label are required", hint=_FORM)
    pure = PurePosixPath(path)
    parent = str(pure.parent)
    if parent not in inside:
        inside[parent] = (root / parent).resolve().is_relative_to(root)
    if pure.is_absolute() or ".." in pure.parts or not inside[parent]:
        raise DataError(
            f"{where}: the path is outside the folder. Received: {printable(path)!r}",
            hint=f"name images in {printable(str(root))}, relative to it",
        )
    try:
        status = os.lstat(root / pure)
    except (OSError, ValueError):
        skipped.add("rows without a file", path)
        return None
    if not stat.S_ISREG(status.st_mode):
        is_link = stat.S_ISLNK(status.st_mode)
        skipped.add("symbolic links" if is_link else "not regular files", path)
        return None
    return ListedImage(
        str(pure),
        label,
        _parse_split(row.get("split", ""), where),
        status.st_size,
        status.st_mtime_ns,
        row.get("group") or None,
        _parse_weight(row.get("weight", ""), where),
    )


def _parse_split(text: str, where: str) -> int:
    if not text:
        return UNASSIGNED
    if text.lower() not in SPLIT_NAMES:
        raise DataError(
            f"{where}: unknown split. Received: {text!r}",
            hint="write train, validation or test, or leave it empty",
        )
    return SPLIT_NAMES[text.lower()]


def _parse_weight(text: str, where: str) -> float:
    try:
        weight = float(text) if text else 1.0
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise DataError(
            f"{where}: a weight is a number from 0. Received: {text!r}",
            hint="write 1 for the usual weight",
        )
    return weight


def _without_version(text: str, path: Path) -> str:
    """Return the text after the line with the version. Raises DataError for another version."""
    if not text.startswith(_VERSION_LINE):
        return text
    line, _, rest = text.partition("\n")
    version = line.removeprefix(_VERSION_LINE).strip()
    if version != str(VERSION):
        raise DataError(
            f"{printable(path.name)} is a label table of version {version}, and this release reads "
            f"version {VERSION}",
            hint=f"upgrade Scallion, or save it as version {VERSION}: {_FORM}",
        )
    return rest


def _rows(text: str, path: Path, first_line: int) -> list[dict[str, str]]:
    """Return the rows by our names of the columns; `first_line` is the number of the first one."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        lines = [line for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise DataError(f"{printable(path.name)} is not a table: {error}", hint=_FORM) from error
    columns = _find_columns(lines[0]) if lines else {}
    if "path" not in columns or "label" not in columns:
        received = ", ".join(lines[0])[:200] if lines else "an empty file"
        raise DataError(
            f"{printable(path.name)} has no columns path and label. Received: {received}",
            hint=_FORM,
        )
    width = max(columns.values())
    for number, line in enumerate(lines[1:], first_line):
        if len(line) <= width:
            raise DataError(
                f"{printable(path.name)}, line {number}: {len(line)} cells, {width + 1} expected",
                hint=_FORM,
            )
    return [{name: line[at].strip() for name, at in columns.items()} for line in lines[1:]]


def _find_columns(header: list[str]) -> dict[str, int]:
    """Return the index of each known column."""
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
            if line.startswith(_VERSION_LINE):
                line = file.readline(10_000)
    except OSError:
        return False
    return {"path", "label"} <= set(_find_columns(line.split(_delimiter(line))))


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _decode(path: Path) -> str:
    data = read_bytes(path)
    if len(data) > _MAX_BYTES:
        raise DataError(
            f"{printable(path.name)} has {len(data):,} bytes, more than {_MAX_BYTES:,}",
            hint="is this the table?",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
