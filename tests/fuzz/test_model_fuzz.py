"""Damaged and hostile `.keras` files raise our own errors, in loading, predicting and verifying."""

import io
import json
import random
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import scallion
from mutations import RawErrors, mutate_bytes, mutate_json, seeds
from scallion.models import load_model
from scallion.models.files.model_reader import verify
from stripe_runs import train_stripes
from stripes import save_stripes

FEW = 40


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The members of a trained model's file, with metadata and check outputs."""
    data = save_stripes(tmp_path_factory.mktemp("fuzz"))
    run = train_stripes(data, epochs=1).run
    with zipfile.ZipFile(run.model) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def rewritten(weights: bytes, rng: random.Random) -> bytes:
    """Return an HDF5 file with one array stored in another way, or replaced by something else."""
    memory = io.BytesIO(weights)
    with h5py.File(memory, "r+") as file:
        found: list[str] = []
        file.visititems(
            lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None
        )
        path = rng.choice(found)
        values = file[path][()]
        parent, name = file[path].parent, path.rpartition("/")[2]
        del file[path]
        kind = rng.randrange(10)
        if kind == 0 and values.ndim:
            parent.create_dataset(name, data=values, compression="gzip", chunks=values.shape)
        elif kind == 1:
            size = max(1, values.ndim)
            parent.create_dataset(name, shape=(2**20,) * size, dtype="f4", chunks=(2**5,) * size)
        elif kind == 2:
            dtype = rng.choice(("f2", "f8", "i8", "u1", "?", "S9", "c8"))
            parent.create_dataset(name, data=np.zeros(values.shape, dtype))
        elif kind == 3:
            parent[name] = h5py.SoftLink("/vars")
        elif kind == 4:
            parent[name] = h5py.ExternalLink("/etc/passwd", "/")
        elif kind == 5:
            parent.create_dataset(name, data="text")
        elif kind == 6:
            parent.create_group(name)
        elif kind == 7:
            dtype = np.dtype([("a", "f4"), ("b", "i4")])
            parent.create_dataset(name, data=np.zeros(values.shape, dtype))
        elif kind == 8 and values.ndim:
            chunks = tuple(2**30 // 4 if axis == 0 else 1 for axis in range(values.ndim))
            limits = (None,) * values.ndim
            parent.create_dataset(
                name, shape=values.shape, dtype="f4", chunks=chunks, maxshape=limits
            )
        else:
            parent.create_dataset(name, shape=None, dtype="f4")
    return memory.getvalue()


def damaged(members: dict[str, bytes], rng: random.Random) -> bytes:
    """Return a damaged file: its bytes, its JSON, or its weights within a valid zip."""
    kind = rng.choice(("zip", "config.json", "scallion.json", "scallion.json", "weights", "hdf5"))
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    if kind == "zip":
        data = packed(members, rng.choice((method, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
        if rng.random() < 0.1:  # encrypted, it says
            at = data.index(b"PK\x01\x02") + 8
            return data[:at] + b"\1" + data[at + 1 :]
        return mutate_bytes(data, rng)
    name = "model.weights.h5"
    if kind == "weights":
        return packed({**members, name: mutate_bytes(members[name], rng)}, method)
    if kind == "hdf5":
        return packed({**members, name: rewritten(members[name], rng)}, method)
    changed = mutate_json(json.loads(members[kind]), rng)
    return packed({**members, kind: json.dumps(changed).encode()})


@pytest.mark.filterwarnings("ignore")
def test_damaged_models_raise_errors_with_a_hint(
    request: pytest.FixtureRequest, tmp_path: Path, members: dict[str, bytes]
) -> None:
    errors = RawErrors()
    path = tmp_path / "model.keras"
    image = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)

    def classify() -> None:
        found = scallion.load(path).classify(image)
        assert isinstance(found.name, str)

    for seed, rng in enumerate(seeds(request, FEW)):
        path.write_bytes(damaged(members, rng))
        errors.try_reading(seed, "load_model", lambda: load_model(path))
        errors.try_reading(seed, "classify", classify)
        errors.try_reading(seed, "verify", lambda: verify(path))
    errors.require_none()
