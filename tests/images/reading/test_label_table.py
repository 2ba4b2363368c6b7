"""Tables of pictures, and arrays: what else `load` and `train` take."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scallion import images
from scallion.errors import DataError, FileError

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
        assert [len(part) for part in found.parts] == [20, 10, 10]
        assert found.class_names == ("a", "b")
        assert found.train.weights is not None
        assert found.train.weights.tolist() == (1.0 + found.train.y).tolist()


def test_groups_of_a_table_stay_together(folder: Folder) -> None:
    place = folder({"all": 60})
    write(place, "path,label,group", rows(60, lambda n: f"{'ab'[n % 2]},film{n // 6}"))
    found = images.load(place)
    groups = [{int(path[4:8]) // 6 for path in part.paths} for part in found.parts]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10


def test_numbers_as_labels_are_in_their_order_and_other_separators_are_read(
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


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("path,label", "../../etc/passwd,a", "leads out of the folder"),
        ("path,label", "/etc/passwd,a", "leads out of the folder"),
        ("path,label", "link/secret.png,a", "leads out of the folder"),
        ("path,label", "all/0001.png,", "a path and a label are needed"),
        ("path,label", "all/0001.png", "1 cells, 2 expected"),
        ("path,label", "all/0000.png,b", "has the label 'b', and had 'a'"),
        ("path,label,split", "all/0001.png,a,dev", "unknown split"),
        ("path,label,weight", "all/0001.png,a,-1", "a weight is a number from 0"),
    ],
)
def test_rows_that_make_no_sense_are_refused(
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


def arrays(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, 5, 6), np.uint8), np.arange(count) % 3


def test_pairs_of_npy_files_are_read(tmp_path: Path) -> None:
    for name, count in (("train", 60), ("val", 9), ("test", 12)):
        x, y = arrays(count, count)
        np.save(tmp_path / f"x_{name}.npy", x)
        np.save(tmp_path / f"y_{name}.npy", y)
    found = images.load(tmp_path)
    assert [len(part) for part in found.parts] == [60, 9, 12]
    assert found.image_shape == (5, 6, 1)
    assert np.array_equal(found.test.x[..., 0], arrays(12, 12)[0])
    assert found.cut.cut == ()


def test_one_pair_of_arrays_is_cut_into_three(tmp_path: Path) -> None:
    x, y = arrays(200, 0)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    found = images.load(tmp_path)
    assert [len(part) for part in found.parts] == [140, 30, 30]


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_are_read(tmp_path: Path, packed: bool) -> None:
    def idx(array: np.ndarray) -> bytes:
        sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
        return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()

    for word, count in (("train", 60), ("t10k", 9)):
        for kind, array in zip(("images-idx3", "labels-idx1"), arrays(count, count), strict=True):
            data = idx(array)
            name = f"{word}-{kind}-ubyte"
            if packed:
                name, data = f"{name}.gz", gzip.compress(data)
            (tmp_path / name).write_bytes(data)
    found = images.load(tmp_path)
    assert len(found.test) == 9
    assert np.array_equal(found.test.x[..., 0], arrays(9, 9)[0])


def test_an_npz_file_is_cut_like_a_folder(tmp_path: Path) -> None:
    x, y = arrays(200, 0)
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y)
    assert [len(part) for part in images.load(tmp_path / "mine.npz").parts] == [140, 30, 30]


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}, {}], object), allow_pickle=True)
    np.save(tmp_path / "y.npy", np.array([0, 1]))
    with pytest.raises(FileError, match="no array of numbers"):
        images.load(tmp_path)
