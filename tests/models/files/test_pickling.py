"""Copies of models by pickle and copy, also of models that have been trained."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scallion.errors import FileError
from scallion.layers import Conv2D, Dense, Flatten, Input
from scallion.models import Model, Sequential
from scallion.models.files.pickling import model_from_bytes

COPIES = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "deepcopy": copy.deepcopy,
}
X = np.random.default_rng(3).random((32, 6, 6, 1), np.float32)
Y = np.arange(32) % 2


def fitted(engine: str = "auto") -> Model:
    model = Sequential(
        [Input((6, 6, 1)), Conv2D(2, 3, activation="relu"), Flatten(), Dense(2, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine=engine)
    model.fit(X, Y, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("way", COPIES)
def test_a_copy_of_a_fitted_model_continues_like_the_model(way: str, engine: str) -> None:
    model = fitted(engine)
    model.predict(X, verbose=0)
    other = COPIES[way](model)
    assert np.array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    for one in (model, other):
        one.fit(X, Y, epochs=1, shuffle=False, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))


def test_a_copy_shares_no_weights() -> None:
    model = fitted()
    before = model.get_weights()
    copy.deepcopy(model).fit(X, Y, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), before))


@pytest.mark.parametrize("way", COPIES)
def test_what_holds_a_model_can_be_copied(way: str) -> None:
    model = fitted()
    held: Callable[[], Any]
    for held in (lambda: model.fit(X, Y, verbose=0), lambda: {"model": model, "scores": [1.0]}):
        COPIES[way](held())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"cos\nsystem\n(S'true'\ntR."])
def test_damaged_bytes_are_an_error(content: bytes) -> None:
    with pytest.raises(FileError):
        model_from_bytes(content)


def test_a_model_predicts_in_another_process(tmp_path: Path) -> None:
    model = fitted()
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "x.npy", X)
    program = (
        "import pickle, numpy\n"
        "model = pickle.load(open('model.pickle', 'rb'))\n"
        "numpy.save('y.npy', model.predict(numpy.load('x.npy'), verbose=0))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    assert np.array_equal(np.load(tmp_path / "y.npy"), model.predict(X, verbose=0))
