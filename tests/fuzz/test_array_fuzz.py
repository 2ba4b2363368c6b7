"""Damaged `.npz` and `.npy` files raise our own errors, in training and prediction."""

import io
import random
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mutations import RawErrors, mutate_bytes, seeds
from scallion import images
from scallion.datasets import load_npz
from scallion.runs import read_inputs

FEW = 120
X = np.random.default_rng(0).integers(0, 256, (30, 6, 6), np.uint8)
Y = np.arange(30) % 3


class Resizer:
    """A stand-in for a classifier, which takes images as they are or resizes them."""

    shape = (6, 6, 1)

    def prepare(self, given: list[np.ndarray]) -> np.ndarray:
        return np.stack([one.reshape(self.shape) for one in given if one.size == 36])


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def damaged_npz(rng: random.Random) -> bytes:
    """Return a damaged `.npz` file: its bytes, or the bytes of a member within a valid zip."""
    members = {"x": npy(X), "y": npy(Y), "x_val": npy(X[:9]), "y_val": npy(Y[:9])}
    if rng.random() < 0.2:
        members["x"] = npy(np.asfortranarray(X.astype(np.float32) * rng.choice((1, np.nan, 1e38))))
    inside = rng.random() < 0.6
    if inside:
        name = rng.choice(list(members))
        header = members[name][:128]
        start = rng.choice((len(header), 10))
        members[name] = mutate_bytes(members[name][:start], rng) + members[name][start:]
    file = io.BytesIO()
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue() if inside else mutate_bytes(file.getvalue(), rng)


@pytest.mark.filterwarnings("ignore")
def test_damaged_arrays_raise_errors_with_a_hint(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    errors = RawErrors()
    packed, folder = tmp_path / "mine.npz", tmp_path / "arrays"
    folder.mkdir()
    for seed, rng in enumerate(seeds(request, FEW)):
        packed.write_bytes(damaged_npz(rng))
        errors.try_reading(seed, "load_npz", lambda: load_npz(packed))
        errors.try_reading(seed, "images.load", lambda: images.load(packed))
        errors.try_reading(seed, "predict", lambda: list(read_inputs([packed], Resizer())))
        hit = rng.choice(("x", "y"))
        for name, array in (("x", X), ("y", Y)):
            data = npy(array)
            head = rng.choice((10, 128))
            data = mutate_bytes(data[:head], rng) + data[head:] if name == hit else data
            (folder / f"{name}.npy").write_bytes(data)
        errors.try_reading(seed, "folder", lambda: images.load(folder))
        for name in ("x", "y"):
            single = folder / f"{name}.npy"
            read = partial(read_inputs, [single], Resizer())
            errors.try_reading(seed, "predict npy", lambda: list(read()))  # noqa: B023
    errors.require_none()
