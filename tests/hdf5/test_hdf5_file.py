"""The reader of HDF5 files gives what h5py gives, for all that h5py writes by default."""

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import scallion
from scallion.errors import FileError, UnsupportedError
from scallion.hdf5 import Hdf5Dataset, Hdf5File, Hdf5Group

NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: set(name) != {"."})
DTYPES = st.sampled_from(
    ["<f2", "<f4", "<f8", ">f4", ">f8", "|i1", "|u1", "<i2", ">i4", "<i8", "<u2", "<u4", ">u8"]
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
VALUES = DTYPES.flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, max_side=7))
)


@st.composite
def options(draw: st.DrawFn, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the storage of a dataset: contiguous, or in chunks with filters."""
    if not shape or not draw(st.booleans()):
        return {}
    chunks = tuple(draw(st.integers(1, side)) for side in shape)
    compression = draw(st.sampled_from([None, "gzip"]))
    return {
        "chunks": chunks,
        "compression": compression,
        "shuffle": draw(st.booleans()),
        "fletcher32": draw(st.booleans()),
        "maxshape": (None,) * len(shape) if draw(st.booleans()) else None,
    }


def written(fill: Callable[[h5py.File], Any], **options: Any) -> io.BytesIO:
    memory = io.BytesIO()
    with h5py.File(memory, "w", **options) as file:
        fill(file)
    return memory


def equal_attributes(ours: Hdf5Group | Hdf5Dataset, theirs: h5py.HLObject) -> None:
    assert set(ours.attribute_names) == set(theirs.attrs)
    for name in theirs.attrs:
        expected, found = theirs.attrs[name], ours.attribute(name)
        if isinstance(expected, h5py.Empty):
            assert found is None
        elif isinstance(expected, str | bytes):
            assert found == (expected if isinstance(expected, str) else expected.decode())
        elif np.asarray(expected).dtype.kind in "OS":
            texts = [t.decode() if isinstance(t, bytes) else t for t in np.ravel(expected).tolist()]
            assert found == texts
        else:
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == np.asarray(expected).dtype.newbyteorder("=")


def equal_groups(ours: Hdf5Group, theirs: h5py.Group) -> None:
    """Compare names, attributes and values, everything below included."""
    assert sorted(ours) == sorted(theirs)
    equal_attributes(ours, theirs)
    for name in theirs:
        expected, found = theirs[name], ours.get(name)
        if isinstance(expected, h5py.Group):
            assert isinstance(found, Hdf5Group)
            equal_groups(found, expected)
        else:
            assert isinstance(found, Hdf5Dataset)
            assert found.shape == expected.shape
            equal_attributes(found, expected)
            values = found.read()
            assert values.dtype == expected.dtype.newbyteorder("=")
            np.testing.assert_array_equal(values, expected[()])


def compare(memory: io.BytesIO) -> None:
    with h5py.File(memory) as theirs:
        equal_groups(Hdf5File(memory), theirs)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_random_files_equal_h5py(data: st.DataObject) -> None:
    is_ordered = data.draw(st.booleans())

    def fill(group: h5py.Group, depth: int = 0) -> None:
        for name in data.draw(st.sets(NAMES, max_size=4)):
            group.attrs[name] = data.draw(st.one_of(TEXTS, VALUES, st.lists(TEXTS, min_size=1)))
        for name in data.draw(st.sets(NAMES, max_size=5)):
            if depth < 3 and data.draw(st.booleans()):
                fill(group.create_group(name, track_order=is_ordered), depth + 1)
            else:
                values = data.draw(VALUES)
                stored = data.draw(options(values.shape))
                group.create_dataset(name, data=values, **stored)

    compare(written(fill, libver=data.draw(st.sampled_from([None, ("v108", "v108")]))))


@pytest.mark.parametrize("libver", [None, ("v108", "v108"), "latest"], ids=str)
@pytest.mark.parametrize("count", [1, 8, 9, 600])
@pytest.mark.parametrize("is_ordered", [False, True])
def test_groups_of_any_size_equal_h5py(count: int, is_ordered: bool, libver: Any) -> None:
    def fill(file: h5py.File) -> None:
        group = file.create_group("many", track_order=is_ordered)
        for number in range(count):
            group.create_group(f"a rather long name of the layer number {number}")
            if number < 40:
                group.attrs[f"attribute {number}"] = f"value {number}" * (number + 1)

    compare(written(fill, libver=libver))


@pytest.mark.parametrize(
    "shape", [(0,), (3, 0), (1,), (1000, 1000), (1, 1, 1, 1, 1, 1), (70_000,)], ids=str
)
def test_shapes_at_the_limits_equal_h5py(shape: tuple[int, ...]) -> None:
    values = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)

    def fill(file: h5py.File) -> None:
        file["plain"] = values
        if values.size:
            file.create_dataset("zipped", data=values, compression="gzip", shuffle=True)
            file.create_dataset("many", data=values, chunks=tuple(min(s, 30) for s in shape))
        file.create_dataset("unset", shape, "f4")
        file.create_dataset("filled", shape, ">i4", fillvalue=-7)

    compare(written(fill))
    compare(written(lambda file: file.create_dataset("v", data=values), libver="latest"))


def test_texts_of_each_kind_equal_h5py() -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["bytes"] = b"tensorflow"
        file.attrs["text"] = "größer 🧅"
        file.attrs["empty"] = ""
        file.attrs["names"] = np.array([b"a/kernel:0", b"b"])
        file.attrs["objects"] = ["a", "größer", ""]
        file.attrs["long"] = "x" * 1_000_000
        file.attrs["nothing"] = h5py.Empty("f4")
        file.attrs.create("table", [["a", "b"], ["c", "d"]], dtype=h5py.string_dtype())

    compare(written(fill))


def test_bfloat16_of_keras_becomes_float32() -> None:
    values = np.array([1.5, -3, 0.0078125], np.float32)  # exact in bfloat16

    def fill(file: h5py.File) -> None:
        stored = (values.view(np.uint32) >> 16).astype(np.uint16).view("V2")
        file.create_dataset("w", data=stored).attrs["dtype"] = "bfloat16"

    dataset = Hdf5File(written(fill)).get("w")
    assert isinstance(dataset, Hdf5Dataset)
    np.testing.assert_array_equal(dataset.read(), values)


def test_links_are_names_that_cannot_be_opened() -> None:
    def fill(file: h5py.File) -> None:
        file["soft"] = h5py.SoftLink("/elsewhere")
        file["outside"] = h5py.ExternalLink("/etc/passwd", "/")
        file["hard"] = file.create_group("group")

    file = Hdf5File(written(fill), "weights.h5")
    assert sorted(file) == ["group", "hard", "outside", "soft"]
    assert "soft" in file
    assert "nothing" not in file
    for name in ("soft", "outside"):
        with pytest.raises(FileError, match=rf"weights\.h5: '{name}' is a link"):
            file.get(name)
    with pytest.raises(FileError, match=r"weights\.h5 has no 'hard/nothing'"):
        file.get("hard/nothing")


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"data": np.zeros(9), "compression": "lzf"}, "data compressed with LZF"),
        ({"data": np.zeros(9, [("a", "f4")])}, "a dataset of compound values"),
        ({"data": np.zeros(9, "c8")}, "a dataset of"),
        ({"data": np.zeros(9, bool)}, "a dataset of an enumeration of int8"),
        ({"data": ["a", "b"]}, "a dataset of text"),
        ({"dtype": "f4", "shape": None}, "a dataset of float32"),
    ],
    ids=["lzf", "compound", "complex", "bool", "text", "empty"],
)
def test_what_is_not_read_is_refused_by_name(stored: dict[str, Any], message: str) -> None:
    dataset = Hdf5File(written(lambda file: file.create_dataset("w", **stored))).get("w")
    assert isinstance(dataset, Hdf5Dataset)
    with pytest.raises(UnsupportedError, match=message) as caught:
        dataset.read()
    assert "h5py.File" in str(caught.value.hint)


def test_libhdf5_opens_new_files_only() -> None:
    """A damaged file can crash the interpreter in libhdf5, so no file is read with h5py."""
    package = Path(scallion.__file__).parent
    calls = [
        line.strip()
        for module in package.rglob("*.py")
        for line in module.read_text(encoding="utf-8").splitlines()
        if "h5py.File(" in line and "hint=" not in line
    ]
    assert set(calls) == {'with h5py.File(memory, "w") as file:'}
