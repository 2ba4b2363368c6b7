"""`.npz` files: reading without unpickling, and errors for invalid ones."""

import io
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scallion import system_memory
from scallion.datasets import load_npz
from scallion.errors import DataError, FileError, MissingFileError, ScallionError

IMAGES = np.arange(6 * 4 * 5 * 3, dtype=np.uint8).reshape(6, 4, 5, 3)
LABELS = np.array([0, 1, 2, 2, 1, 0])


def save(tmp_path, **arrays):
    path = tmp_path / "plankton.npz"
    np.savez_compressed(path, **arrays)
    return path


def test_four_arrays_are_read(tmp_path):
    path = save(
        tmp_path, x_train=IMAGES[:4], y_train=LABELS[:4], x_test=IMAGES[4:], y_test=LABELS[4:]
    )
    arrays = load_npz(path)
    np.testing.assert_array_equal(arrays.x_train, IMAGES[:4])
    np.testing.assert_array_equal(arrays.x_test, IMAGES[4:])
    assert arrays.y_train.tolist() == [0, 1, 2, 2]
    assert arrays.y_test.tolist() == [1, 0]
    assert arrays.class_names == ("0", "1", "2")
    assert arrays.image_shape == (4, 5, 3)
    assert arrays.name == "plankton"


@pytest.mark.parametrize("keys", [("x", "y"), ("x_train", "y_train")])
def test_a_test_split_is_optional(tmp_path, keys):
    arrays = load_npz(save(tmp_path, **dict(zip(keys, (IMAGES, LABELS), strict=True))))
    np.testing.assert_array_equal(arrays.x_train, IMAGES)
    assert arrays.x_test is None
    assert arrays.y_test is None


def test_greyscale_images_get_a_channel_axis(tmp_path):
    arrays = load_npz(save(tmp_path, x=IMAGES[..., 0], y=LABELS))
    assert arrays.x_train.shape == (6, 4, 5, 1)


@pytest.mark.parametrize(
    "labels",
    [
        LABELS[:, None],
        LABELS.astype(np.uint8),
        LABELS.astype(np.float32),
        LABELS.astype(np.int16)[:, None],
    ],
)
def test_labels_of_other_shapes_and_types_are_converted(tmp_path, labels):
    arrays = load_npz(save(tmp_path, x=IMAGES, y=labels))
    assert arrays.y_train.tolist() == LABELS.tolist()
    assert arrays.y_train.dtype.kind in "iu"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float16, np.float32, bool])
def test_images_keep_their_dtype(tmp_path, dtype):
    assert load_npz(save(tmp_path, x=IMAGES.astype(dtype), y=LABELS)).x_train.dtype == dtype


def test_other_arrays_in_the_file_are_not_read(tmp_path):
    path = save(tmp_path, x=IMAGES, y=LABELS, names=np.array([{"a": 1}], dtype=object))
    assert len(load_npz(path).x_train) == 6


def test_a_nonexistent_file_raises(tmp_path):
    with pytest.raises(MissingFileError, match=r"gone.npz: it does not exist"):
        load_npz(tmp_path / "gone.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"photos": IMAGES, "kinds": LABELS},
            "needs x_train and y_train, or x and y. Received: kinds, photos",
        ),
        (
            {"x": IMAGES, "y": LABELS, "x_val": IMAGES},
            "has x_val but no y_val",
        ),
        (
            {"x": np.full((6, 4, 4), np.inf), "y": LABELS},
            "x has pixels that are not finite float32 numbers: the first is in image 0.",
        ),
        ({"x": np.full((6, 4, 4), 1e39), "y": LABELS}, "not finite float32 numbers"),
        ({"x": np.full((6, 4, 4), np.nan, np.float16), "y": LABELS}, "Received: nan"),
        ({}, "Received: nothing"),
        ({"x_train": IMAGES}, "Received: x_train"),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES},
            "has x_test but no y_test",
        ),
        ({"x": IMAGES, "y": LABELS[:5]}, "x has 6 images, y has 5 labels"),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS[:1]},
            "x_test has 6 images, y_test has 1 labels",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:, :3], "y_test": LABELS},
            r"training images are \(4, 5, 3\), test images are \(3, 5, 3\)",
        ),
        ({"x": IMAGES.reshape(6, -1), "y": LABELS}, r"Received: shape \(6, 60\)"),
        ({"x": IMAGES[:0], "y": LABELS[:0]}, "contains no images"),
        ({"x": IMAGES.astype(str), "y": LABELS}, "x must be numeric. Received: dtype <U3"),
        ({"x": IMAGES.astype(complex), "y": LABELS}, "Received: dtype complex128"),
        (
            {"x": np.zeros((6, 3, 32, 32), np.uint8), "y": LABELS},
            r"channels first. .* \(6, 3, 32, 32\)\nhint: x.transpose\(0, 2, 3, 1\)",
        ),
        ({"x": IMAGES, "y": np.eye(6)}, r"hint: for one-hot labels, y.argmax\(axis=1\)"),
        ({"x": IMAGES, "y": LABELS - 1}, "Received: labels from -1 to 1"),
        ({"x": IMAGES, "y": LABELS * 10**9}, "Received: labels from 0 to 2000000000"),
        ({"x": IMAGES, "y": LABELS + 0.5}, "must be integers. Received: dtype float64"),
        ({"x": IMAGES, "y": LABELS * np.nan}, "must be integers. Received: dtype float64"),
        ({"x": IMAGES, "y": np.full(6, np.inf)}, "must be integers. Received: dtype float64"),
        ({"x": IMAGES, "y": LABELS.astype(str)}, "must be integers. Received: dtype <U21"),
        (
            {"x": IMAGES.astype(object), "y": LABELS},
            "x contains Python objects, which could run code. Received: dtype object",
        ),
    ],
)
def test_invalid_arrays_raise(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        load_npz(save(tmp_path, **arrays))
    assert caught.value.hint


class Attack:
    """An object whose pickle runs code when NumPy reads it with allow_pickle=True."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return Path.mkdir, (self.folder,)


def test_a_pickled_array_is_never_unpickled(tmp_path):
    trace = tmp_path / "trace"
    path = save(tmp_path, x=IMAGES, y=np.array([Attack(trace)] * 6, dtype=object))
    with pytest.raises(DataError, match="y contains Python objects"):
        load_npz(path)
    assert not trace.exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", b"\x93NUMPY" + bytes(90)])
def test_a_file_of_another_format_raises(tmp_path, content):
    path = tmp_path / "plankton.npz"
    path.write_bytes(content)
    with pytest.raises(
        FileError, match=r"plankton.npz is damaged, or is not a .npz file: .*\nhint: save"
    ):
        load_npz(path)


def test_a_folder_raises(tmp_path):
    with pytest.raises(FileError, match=r"cannot read .*: it is a folder"):
        load_npz(tmp_path)


def test_a_changed_bit_raises(tmp_path):
    path = tmp_path / "plankton.npz"
    np.savez(path, x=IMAGES, y=LABELS)
    content = bytearray(path.read_bytes())
    content[content.index(IMAGES.tobytes()) + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"Bad CRC-32 for file 'x.npy'"):
        load_npz(path)


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_npz_raises(tmp_path, tenth):
    path = save(tmp_path, x=IMAGES, y=LABELS)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * tenth // 10])
    with pytest.raises(FileError, match="is damaged"):
        load_npz(path)


def npy_header(shape, dtype="|u1"):
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def zip_of(tmp_path, **members):
    path = tmp_path / "plankton.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def labels_npy():
    packed = io.BytesIO()
    np.save(packed, LABELS)
    return packed.getvalue()


@pytest.mark.parametrize(
    "shape", ["(1000000, 1000000, 100)", "(6, 4, 6)", "(-6, -4, 5)", "(10**9,)", "'six'", "(2.5,)"]
)
def test_a_header_with_a_false_size_allocates_nothing(tmp_path, shape):
    path = zip_of(tmp_path, x=npy_header(shape) + bytes(120), y=labels_npy())
    with pytest.raises(FileError, match="is damaged"):
        load_npz(path)


def test_code_in_a_header_does_not_run(tmp_path):
    trace = tmp_path / "trace"
    shape = f"__import__('os').mkdir({str(trace)!r})"
    path = zip_of(tmp_path, x=npy_header(shape) + bytes(120), y=labels_npy())
    with pytest.raises(FileError, match="is damaged"):
        load_npz(path)
    assert not trace.exists()


def test_more_data_than_free_memory_raises_early(tmp_path, monkeypatch):
    path = save(tmp_path, x=np.zeros((1000, 100, 100), np.uint8), y=np.zeros(1000, int))
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(system_memory, "available_bytes", lambda: 10_000_000)
    with pytest.raises(FileError, match=r"unpacks to 0.0 GB; 0.0 GB of memory is free\nhint: save"):
        load_npz(path)
    monkeypatch.setattr(system_memory, "available_bytes", lambda: 11_000_000)
    assert load_npz(path).x_train.shape == (1000, 100, 100, 1)


def test_an_impossible_compression_ratio_raises(tmp_path):
    path = save(tmp_path, x=IMAGES, y=LABELS)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")  # the central directory, whose sizes zipfile uses
    content[entry + 24 : entry + 28] = struct.pack("<I", 2_000_000_000)
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"x.npy declares 2000000000 bytes, compressed to \d+"):
        load_npz(path)


@settings(max_examples=200)
@given(st.data())
def test_damaged_files_raise_only_scallion_errors(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    path = save(folder, x=IMAGES, y=LABELS)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(ScallionError):
        load_npz(path)


def test_class_names_are_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "named.npz"
    arrays = {"x": np.zeros((2, 4, 4), np.uint8), "y": [0, 1]}
    np.savez(path, class_names=np.array(["cat", "dog"]), **arrays)
    assert load_npz(path).class_names == ("cat", "dog")
    np.savez(path, class_names=np.array(["cat"]), **arrays)
    with pytest.raises(DataError, match="one text for each of 2 classes"):
        load_npz(path)


NAMES = [
    ("x_val", "y_val"), ("x_valid", "y_valid"), ("X_validation", "Y_validation"),
    ("val_images", "val_labels"), ("images_val", "labels_val"), ("x-val", "y-val"),
    ("validation_data", "validation_labels"), ("xval", "yval"), ("x_dev", "y_dev"),
]  # fmt: skip


@pytest.mark.parametrize(
    "train", [("x", "y"), ("X_train", "y_train"), ("train_images", "train_labels")]
)
@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_validation_arrays_are_used(tmp_path: Path, train, names) -> None:
    """`train_images` and so on are the names of MedMNIST's files."""
    found = load_npz(
        save(
            tmp_path,
            **dict(zip((*train, *names), (IMAGES, LABELS, IMAGES[:3], LABELS[:3]), strict=True)),
        )
    )
    np.testing.assert_array_equal(found.x_train, IMAGES)
    np.testing.assert_array_equal(found.x_val, IMAGES[:3])
    assert found.y_val.tolist() == LABELS[:3].tolist()
    assert found.unused == ()


@pytest.mark.parametrize("split", ["val", "test"])
@pytest.mark.parametrize(
    ("change", "edit"),
    [
        (lambda x: x / 255, "images * 255"),
        (lambda x: x.astype(np.uint16) * 257, "images / 257"),
        (lambda x: x.view(np.int8), 'images.view("uint8")'),
    ],
    ids=["unit", "16 bits", "signed"],
)
def test_splits_of_another_range_than_training_are_refused(
    tmp_path: Path, split: str, change: Any, edit: str
) -> None:
    x = np.linspace(0, 255, 30 * 16).astype(np.uint8).reshape(30, 4, 4, 1)
    y = np.arange(30) % 3
    others = {f"x_{split}": change(x[15:]), f"y_{split}": y[15:]}
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, **others)
    with pytest.raises(DataError, match=f"x_{split} has pixels from") as raised:
        load_npz(tmp_path / "a.npz")
    assert str(raised.value.hint).endswith(edit)


def test_arrays_that_are_not_used_are_named(tmp_path: Path) -> None:
    found = load_npz(save(tmp_path, x=IMAGES, y=LABELS, masks=IMAGES, class_names=["a", "b", "c"]))
    assert found.unused == ("masks",)


def test_classes_of_all_splits_are_counted(tmp_path: Path) -> None:
    found = load_npz(save(tmp_path, x=IMAGES, y=LABELS, x_val=IMAGES, y_val=LABELS + 1))
    assert found.class_names == ("0", "1", "2", "3")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(tmp_path: Path, method: int) -> None:
    """Their compression ratio has no limit, so a small file may ask for any amount of memory."""
    path = tmp_path / "plankton.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("x.npy", labels_npy())
        archive.writestr("y.npy", labels_npy())
    with pytest.raises(FileError, match="the compression method"):
        load_npz(path)
