"""Arrays as image data sets."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from scallion import images, system_memory
from scallion.errors import DataError, FileError


def arrays(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, 5, 6), np.uint8), np.arange(count) % 3


def test_pairs_of_npy_files_are_read(tmp_path: Path) -> None:
    for name, count in (("train", 60), ("val", 9), ("test", 12)):
        x, y = arrays(count, count)
        np.save(tmp_path / f"x_{name}.npy", x)
        np.save(tmp_path / f"y_{name}.npy", y)
    found = images.load(tmp_path)
    assert [len(split) for split in found.splits] == [60, 9, 12]
    assert found.image_shape == (5, 6, 1)
    assert np.array_equal(found.test.x[..., 0], arrays(12, 12)[0])
    assert found.split_summary.created == ()


def test_one_pair_of_arrays_is_split_into_three(tmp_path: Path) -> None:
    x, y = arrays(200, 0)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    found = images.load(tmp_path)
    assert [len(split) for split in found.splits] == [140, 30, 30]


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


def test_an_npz_file_is_split_like_a_folder(tmp_path: Path) -> None:
    x, y = arrays(200, 0)
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y)
    assert [len(split) for split in images.load(tmp_path / "mine.npz").splits] == [140, 30, 30]


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}, {}], object), allow_pickle=True)
    np.save(tmp_path / "y.npy", np.array([0, 1]))
    with pytest.raises(DataError, match="contains Python objects"):
        images.load(tmp_path)


def test_arrays_with_channels_first_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((60, 3, 8, 8), np.uint8))
    np.save(tmp_path / "y.npy", np.arange(60) % 3)
    with pytest.raises(DataError, match=r"x.npy has its channels first. .*\(60, 3, 8, 8\)"):
        images.load(tmp_path)


def test_pixels_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    x = np.zeros((60, 8, 8), np.float32)
    x[7, 1, 1] = np.inf
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", np.arange(60) % 3)
    with pytest.raises(DataError, match=r"the first is in image 7\. Received: inf"):
        images.load(tmp_path)


def test_array_files_that_are_not_used_are_named(tmp_path: Path) -> None:
    for name, count in (("train", 60), ("valid", 9), ("test", 12)):
        x, y = arrays(count, count)
        np.save(tmp_path / f"{name}_images.npy", x)
        np.save(tmp_path / f"{name}_labels.npy", y)
    np.save(tmp_path / "masks.npy", x)
    found = images.load(tmp_path)
    assert [len(split) for split in found.splits] == [60, 9, 12]
    (note,) = found.notes()
    assert note.sentence == "Not used: 'masks.npy'."
    np.save(tmp_path / "x_val.npy", x)
    (tmp_path / "valid_labels.npy").unlink()
    with pytest.raises(DataError, match="has x_val but no y_val"):
        images.load(tmp_path)


@pytest.mark.parametrize("name", ["x.npy", "y.npy"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x03\x00" + bytes(90)])
def test_damaged_arrays_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    x, y = arrays(60, 0)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=f"{name} is damaged"):
        images.load(tmp_path)


def test_a_packed_file_of_more_than_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, shape in (("images-idx3", (4_000, 100, 100)), ("labels-idx1", (4_000,))):
        sizes = b"".join(size.to_bytes(4, "big") for size in shape)
        content = bytes([0, 0, 8, len(shape)]) + sizes + bytes(int(np.prod(shape)))
        (tmp_path / f"train-{kind}-ubyte.gz").write_bytes(gzip.compress(content))
    monkeypatch.setattr(system_memory, "available_bytes", lambda: 10_000_000)
    with pytest.raises(FileError, match="of memory is free"):
        images.load(tmp_path)
