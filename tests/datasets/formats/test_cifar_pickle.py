"""The CIFAR pickle reader: plain data and arrays of bytes, and errors for everything else."""

import pickle
import pickletools
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated_cifar import Python2Pickler
from scallion.datasets.formats import cifar_pickle
from scallion.errors import FileError

PLAIN = {b"labels": [0, 255, 256, 65536, -1, 2**40], b"name": b"x" * 300, "text": "Größe"}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_data_of_all_binary_protocols_is_read(protocol):
    value = PLAIN | {b"more": [None, True, False, (), (1,), (1, 2, 3), (1, 2, 3, 4), {b"k": 1}]}
    if protocol == 2:
        # Python 3 writes bytes as a call in protocol 2; Python 2 did not.
        value = {key: item for key, item in value.items() if isinstance(key, str)}
    expected = {key.decode() if isinstance(key, bytes) else key: v for key, v in value.items()}
    read = cifar_pickle.read(pickle.dumps(value, protocol), "batch")
    if protocol > 2:
        expected["more"][-1] = {"k": 1}
    assert read == expected


def test_an_array_pickled_by_python_2_is_read():
    values = np.arange(12, dtype=np.uint8).reshape(3, 4)
    data = Python2Pickler().dump({b"data": values, b"labels": [1, 2], b"batch_label": b"one"})
    # Python's unpickler verifies what was written.
    assert pickle.loads(data, encoding="bytes")[b"data"].tolist() == values.tolist()
    read = cifar_pickle.read(data, "batch")
    assert read["data"].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert read["data"].dtype == np.uint8
    assert (read["labels"], read["batch_label"]) == ([1, 2], b"one")


def test_an_array_in_fortran_order_is_read():
    values = np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3))
    data = pickle.dumps({"data": values}, 4)
    assert cifar_pickle.read(data, "batch")["data"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"cos\nsystem\n", "a call of os.system"),
        (b"cposix\nsystem\n", "a call of posix.system"),
        (b"cbuiltins\neval\n", "a call of builtins.eval"),
        (b"csubprocess\nPopen\n", "a call of subprocess.Popen"),
        (b"cnumpy\nload\n", "a call of numpy.load"),
        (b"cnumpy\nndarray.__init__\n", "a call of numpy.ndarray.__init__"),
        (b"\x8c\x02os\x8c\x06system\x93", "a call of os.system"),
    ],
)
def test_names_that_are_not_allowed_raise(name, shown):
    data = b"\x80\x02" + name + b"(U\x04true\x85R."
    with pytest.raises(FileError, match=f"batch is not read: it contains {shown}\nhint: delete"):
        cifar_pickle.read(data, "batch")


@pytest.mark.parametrize(
    "dtype", [np.uint16, np.float32, np.object_, np.dtype("S1"), np.dtype([("a", "u1")])]
)
def test_an_array_of_another_dtype_raises(dtype):
    data = pickle.dumps({"data": np.zeros(3, dtype)}, 4)
    with pytest.raises(FileError, match=r"a call of numpy.dtype with other arguments|is refused"):
        cifar_pickle.read(data, "batch")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "batch is damaged: it is truncated"),
        (b"\x80\x02}", "batch is damaged: it is truncated"),
        (b"\x80\x06}.", "protocol 6 is unknown"),
        (b"\x80\x02].", "batch does not contain a dictionary"),
        (b"\x80\x02.", "batch is damaged"),
        (b"\x80\x02}(K\x01K\x02u.", "text is expected. Received: int"),
        (b"\x80\x02}(U\x01au.", "not a dictionary"),
        (b"\x80\x02](U\x01aU\x01bu.", "not a dictionary"),
        (b"\x80\x02}K\x01a.", "not a list"),
        (b"\x80\x02}K\x01K\x02t.", "a mark is missing"),
        (b"\x80\x02h\x05.", "memo entry 5 does not exist"),
        (b"\x80\x02K\x01K\x02R.", "not callable"),
        (b"\x80\x02K\x01K\x02b.", "not an array"),
        (b"\x80\x02U\xffabc", "it is truncated"),
        (b"(I1\ntI1\n.", r"the pickle instruction b'I', which CIFAR does not use"),
        (b"\x80\x020.", "the pickle instruction b'0'"),
    ],
)
def test_a_damaged_pickle_raises(data, message):
    with pytest.raises(FileError, match=message):
        cifar_pickle.read(data, "batch")


def test_a_shape_that_does_not_match_the_bytes_raises():
    data = Python2Pickler().dump({b"data": np.zeros((3, 4), np.uint8)})
    shape = b"K\x03K\x04\x86"
    assert shape in data
    with pytest.raises(FileError, match=r"shape \(3, 5\) has 12 bytes"):
        cifar_pickle.read(data.replace(shape, b"K\x03K\x05\x86"), "batch")
    with pytest.raises(FileError, match="has the shape"):
        cifar_pickle.read(data.replace(shape, b"J\xff\xff\xff\xffJ\xf4\xff\xff\xff\x86"), "batch")


def test_a_huge_memo_index_takes_no_memory():
    # Python's compiled unpickler allocates a table of that length.
    assert cifar_pickle.read(b"\x80\x02}r\xff\xff\xff\xff.", "batch") == {}


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_file_errors(data):
    with suppress(FileError):
        cifar_pickle.read(b"\x80\x02}" + data + b".", "batch")


@given(st.data())
def test_changed_files_raise_only_file_errors(data):
    original = bytearray(pickle.dumps({"data": np.zeros((2, 3), np.uint8), "labels": [1, 2]}, 2))
    for _ in range(data.draw(st.integers(1, 4))):
        original[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
    with suppress(FileError):
        cifar_pickle.read(bytes(original), "batch")


def test_instructions_match_pythons_documentation():
    documented = {opcode.code.encode("latin-1") for opcode in pickletools.opcodes}
    assert set(cifar_pickle._ACTIONS) < documented
    for name in ("INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "PERSID", "BINPERSID", "EXT1", "EXT4"):
        code = next(opcode.code for opcode in pickletools.opcodes if opcode.name == name)
        assert code.encode("latin-1") not in cifar_pickle._ACTIONS
