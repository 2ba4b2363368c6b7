"""Label tables."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scallion import images
from scallion.errors import DataError

Folder = Callable[..., Path]


def write(place: Path, header: str, rows: list[str], name: str = "labels.csv") -> Path:
    (place / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return place / name


def rows(count: int, tail: Callable[[int], str]) -> list[str]:
    return [f"all/{number:04}.png,{tail(number)}" for number in range(count)]


def test_a_table_gives_labels_splits_groups_and_weights(folder: Folder) -> None:
    place = folder({"all": 40})
    split = ("train", "train", "val", "test")
    table = write(
        place,
        "path,label,split,weight",
        rows(40, lambda n: f"{'ab'[n % 2]},{split[n // 2 % 4]},{1 + n % 2}"),
    )
    for source in (place, table):
        found = images.load(source)
        assert [len(split) for split in found.splits] == [20, 10, 10]
        assert found.class_names == ("a", "b")
        assert found.train.weights is not None
        assert found.train.weights.tolist() == (1.0 + found.train.y).tolist()


def test_groups_of_a_table_stay_together(folder: Folder) -> None:
    place = folder({"all": 60})
    write(place, "path,label,group", rows(60, lambda n: f"{'ab'[n % 2]},film{n // 6}"))
    found = images.load(place)
    groups = [{int(path[4:8]) // 6 for path in split.paths} for split in found.splits]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10


def test_numeric_labels_are_sorted_as_numbers(
    folder: Folder,
) -> None:
    place = folder({"all": 36})
    lines = [f"all\\{n:04}.png;{(2, 10, 1)[n % 3]}" for n in range(36)]
    write(place, "\ufeffFilename;Class", lines)
    assert images.load(place).class_names == ("1", "2", "10")


def test_rows_without_a_file_are_counted(folder: Folder) -> None:
    place = folder({"all": 30})
    write(place, "path,label", rows(33, lambda n: "ab"[n % 2]))
    assert images.load(place).listing.skipped_files.counts == {"rows without a file": 3}


def test_a_table_of_another_version_is_refused(folder: Folder) -> None:
    place = folder({"all": 30})
    lines = ["path,label", *rows(30, lambda n: "ab"[n % 2])]
    write(place, "# label table 1", lines)
    assert images.load(place).class_names == ("a", "b")
    write(place, "# label table 2", lines)
    with pytest.raises(DataError, match="is a label table of version 2") as caught:
        images.load(place)
    assert "upgrade Scallion" in caught.value.hint


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("path,label", "../../etc/passwd,a", "is outside the folder"),
        ("path,label", "/etc/passwd,a", "is outside the folder"),
        ("path,label", "link/secret.png,a", "is outside the folder"),
        ("path,label", "all/0001.png,", "a path and a label are required"),
        ("path,label", "all/0001.png", "1 cells, 2 expected"),
        ("path,label", "all/0000.png,b", "has the label 'b', and 'a' in an earlier line"),
        ("path,label,split", "all/0001.png,a,dev", "unknown split"),
        ("path,label,weight", "all/0001.png,a,-1", "a weight is a number from 0"),
    ],
)
def test_invalid_rows_are_refused(
    folder: Folder, tmp_path: Path, header: str, row: str, words: str
) -> None:
    place = folder({"all": 3})
    (tmp_path / "outside").mkdir()
    (place / "link").symlink_to(tmp_path / "outside")
    first = "all/0000.png,a" + "," * header.count(",")
    with pytest.raises(DataError, match=words) as caught:
        images.load(write(place, header, [first[: first.rindex(",")] if header.count(",") == 1
                                          else first[:-1], row]))  # fmt: skip
    assert caught.value.hint
