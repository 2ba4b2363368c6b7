"""The bundled data sets: contents, checksums, and errors for damaged files."""

import gzip
import hashlib
import shutil
import socket

import numpy as np
import pytest

from scallion.datasets import bundled, fashion_mnist, mnist
from scallion.errors import ArgumentError, FileError
from scallion.installation import install_again

# Means of pixels from 0 to 1: PyTorch's examples. Counts of digits: torchvision's MNIST. Checksums
# of the unpacked original files: public loaders of MNIST.
MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
MNIST_MD5 = {
    "train-images-idx3-ubyte.gz": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte.gz": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte.gz": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte.gz": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*arguments, **keywords):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.fixture(scope="module", params=[fashion_mnist, mnist], ids=["fashion_mnist", "mnist"])
def loaded(request):
    return request.param.load_data()


def test_shapes_match_keras(loaded):
    (x_train, y_train), (x_test, y_test) = loaded
    assert (x_train.shape, x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert (y_train.shape, y_test.shape) == ((60000,), (10000,))


def test_arrays_are_writable_uint8(loaded):
    for split in loaded:
        for array in split:
            assert array.dtype == np.uint8
            assert array.flags.writeable
            assert array.flags.c_contiguous


def test_fashion_mnist_is_the_published_data():
    (x_train, y_train), (_, y_test) = fashion_mnist.load_data()
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    assert round(float(x_train.mean()) / 255, 4) == 0.2860
    # The first image in the repository's README: an ankle boot.
    assert fashion_mnist.CLASS_NAMES[y_train[0]] == "Ankle boot"


def test_mnist_is_the_published_data():
    (x_train, y_train), (_, y_test) = mnist.load_data()
    assert np.bincount(y_train).tolist() == MNIST_TRAIN
    assert np.bincount(y_test).tolist() == MNIST_TEST
    assert round(float(x_train.mean()) / 255, 4) == 0.1307
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


@pytest.mark.parametrize("name", MNIST_MD5)
def test_recompressed_mnist_has_the_original_bytes(name):
    unpacked = gzip.decompress((bundled.DATA / "mnist" / name).read_bytes())
    assert hashlib.md5(unpacked).hexdigest() == MNIST_MD5[name]


def test_mnist_accepts_and_ignores_keras_path(tmp_path):
    (_, y_train), _ = mnist.load_data(path=tmp_path / "mnist.npz")
    assert len(y_train) == 60000
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ArgumentError, match="path` must be the name of a file"):
        mnist.load_data(3)


@pytest.mark.parametrize("folder", ["fashion-mnist", "mnist"])
def test_each_data_set_has_its_licence(folder):
    text = (bundled.DATA / folder / "LICENSE.txt").read_text(encoding="utf-8")
    if folder == "mnist":
        assert "Yann LeCun and Corinna Cortes hold the copyright" in text
        assert "Attribution-ShareAlike 3.0 Unported" in text
        assert "8. Miscellaneous" in text
    else:
        assert "Copyright © 2017 Zalando SE" in text
        assert "The above copyright notice and this permission notice shall be included" in text


@pytest.fixture
def copied(tmp_path, monkeypatch):
    shutil.copytree(bundled.DATA, tmp_path / "data")
    monkeypatch.setattr(bundled, "DATA", tmp_path / "data")
    return tmp_path / "data"


def test_a_single_changed_bit_raises(copied):
    path = copied / "mnist" / "t10k-labels-idx1-ubyte.gz"
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    with pytest.raises(FileError) as caught:
        mnist.load_data()
    assert str(caught.value) == (
        f"{path}, a file of the package, is damaged: SHA-256 "
        "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b expected, "
        f"{found} found (4517 bytes)\n"
        f"hint: {install_again()}"
    )


def test_a_truncated_file_raises(copied):
    path = copied / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:1_000_000])
    with pytest.raises(FileError, match=r"train-images-idx3-ubyte.gz, .* \(1000000 bytes\)"):
        fashion_mnist.load_data()


def test_a_missing_file_raises(copied):
    (copied / "mnist" / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileError, match=r"train-labels.* is missing\nhint: in the folder"):
        mnist.load_data()
