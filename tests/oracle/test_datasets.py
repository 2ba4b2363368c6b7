"""Keras reads the same files into equal arrays: values, shapes and dtypes."""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")

from keras.src.datasets import cifar10 as keras_cifar10
from keras.src.datasets import cifar100 as keras_cifar100
from keras.src.datasets import fashion_mnist as keras_fashion_mnist

from generated_cifar import GeneratedCifar
from scallion.datasets import bundled, cifar10, cifar100, fashion_mnist

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


def expect_the_same(ours, theirs):
    for our_split, their_split in zip(ours, theirs, strict=True):
        for our, their in zip(our_split, their_split, strict=True):
            assert our.dtype == their.dtype
            np.testing.assert_array_equal(our, their)


@pytest.fixture
def unpacked(tmp_path, monkeypatch):
    """Write a generated data set as Keras unpacks it, where both packages find it."""

    def write(made, theirs):
        folder = tmp_path / "datasets" / f"{made.real.folder}-target"
        for name, content in made.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        monkeypatch.setattr(made.module, "SOURCE", made.source())
        monkeypatch.setattr(theirs, "get_file", lambda **_: str(folder))

    return write


def test_cifar10_arrays_match_keras(unpacked):
    unpacked(GeneratedCifar(cifar10, {"labels": 10}, full=True), keras_cifar10)
    expect_the_same(cifar10.load_data(), keras_cifar10.load_data())


@pytest.mark.parametrize("label_mode", ["fine", "coarse"])
def test_cifar100_arrays_match_keras(unpacked, label_mode):
    made = GeneratedCifar(cifar100, {"fine_labels": 100, "coarse_labels": 20}, full=True)
    unpacked(made, keras_cifar100)
    expect_the_same(cifar100.load_data(label_mode), keras_cifar100.load_data(label_mode))


def test_fashion_mnist_arrays_match_keras(monkeypatch):
    folder = bundled.DATA / "fashion-mnist"
    monkeypatch.setattr(keras_fashion_mnist, "get_file", lambda name, **_: folder / name)
    expect_the_same(fashion_mnist.load_data(), keras_fashion_mnist.load_data())
