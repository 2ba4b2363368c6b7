"""A small trained model, and changes to members of its `.keras` file."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from scallion.errors import FileError
from scallion.layers import Add, BatchNormalization, Conv2D, Dense, Flatten, Input
from scallion.models import Model, load_model
from scallion.optimizers import Adam
from scallion.utils import set_random_seed

X = np.random.default_rng(0).random((12, 6, 6, 1))
Y = np.arange(12) % 3


def network() -> Model:
    """Return a functional model with a branch, trained for two epochs."""
    set_random_seed(5)
    start = Input((6, 6, 1), name="image")
    x = BatchNormalization()(Conv2D(2, 3, padding="same")(start))
    x = Add()([x, Conv2D(2, 3, padding="same")(x)])
    model = Model(start, Dense(3, activation="softmax")(Flatten()(x)), name="small")
    model.compile(Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=2, batch_size=5, verbose=0)
    return model


def rewritten(path: Path, member: str, change: Callable[[bytes], bytes | None]) -> Path:
    """Change one member of the file, or remove it where the change returns None."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content = change(members.pop(member))
    if content is not None:
        members[member] = content
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def with_config(path: Path, change: Callable[[Any], None]) -> Path:
    """Change the model's config in the file, and return its path."""

    def edit(content: bytes) -> bytes:
        config = json.loads(content)
        change(config)
        return json.dumps(config).encode()

    return rewritten(path, "config.json", edit)


def with_weights(path: Path, change: Callable[[h5py.File], None]) -> Path:
    """Change the weights in the file, and return its path."""

    def edit(content: bytes) -> bytes:
        memory = io.BytesIO(content)
        with h5py.File(memory, "a") as file:
            change(file)
        return memory.getvalue()

    return rewritten(path, "model.weights.h5", edit)


def refusal(path: Path, kind: type[Exception] = FileError) -> str:
    """Return the message of the error that loading the file raises, after checking its hint."""
    with pytest.raises(kind) as caught:
        load_model(path)
    assert caught.value.hint  # type: ignore[attr-defined]
    return str(caught.value)
