"""Weights of pretrained networks: those in the package, and Keras' files in `~/.keras/models`."""

import hashlib
import io
import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import files
from scallion.datasets.downloading.get_file import get_file
from scallion.errors import DownloadError, FileError
from scallion.hdf5 import Hdf5File, Hdf5Group
from scallion.installation import install_again
from scallion.layers.base.layer import Layer
from scallion.session import snake_case

DATA = Path(__file__).parent / "data"

_WEIGHTS = "model.weights.h5"  # in a `.keras` file


@dataclass(frozen=True, slots=True)
class BundledWeights:
    """A `.keras` file in the package, with its SHA-256 checksum. Kernels are float16."""

    name: str
    sha256: str

    @property
    def path(self) -> Path:
        """The path of the file."""
        return DATA / self.name

    def load_into(self, layers: Sequence[Layer]) -> None:
        """Set the weights of layers, which are the network's first ones in order.

        Raises FileError where the file is missing or damaged.
        """
        arrays = self._read()
        counts: Counter[str] = Counter()
        for layer in layers:
            kind = snake_case(layer.kind)
            group = f"{kind}_{counts[kind]}" if counts[kind] else kind
            counts[kind] += 1
            if layer.weights:
                layer.set_weights(
                    [arrays[f"layers/{group}/vars/{i}"] for i in range(len(layer.weights))]
                )

    def _read(self) -> dict[str, NDArray[Any]]:
        hint = install_again()
        if not self.path.is_file():
            raise FileError(f"{self.path}, a file of the package, is missing", hint=hint)
        data = files.read_bytes(self.path)
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256:
            raise FileError(
                f"{self.path}, a file of the package, is damaged: SHA-256 {self.sha256} expected, "
                f"{found} found ({len(data)} bytes)",
                hint=hint,
            )
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = archive.read(_WEIGHTS)
        return dict(_arrays(Hdf5File(io.BytesIO(content), str(self.path))))


def _arrays(group: Hdf5Group, outer: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    for name in group:
        item = group.get(name)
        if isinstance(item, Hdf5Group):
            yield from _arrays(item, f"{outer}{name}/")
        else:
            yield f"{outer}{name}", item.read().astype(np.float32)


LITE0 = BundledWeights(
    "efficientnet_lite0.keras", "2415ec8e6fcf6e5ecfe1a54d8e81fae1f8560f6a2de27c212bf1ca043ed8c697"
)


def keras_file(name: str, url: str, md5: str | None = None) -> Path:
    """Return the path of a weights file of Keras, downloaded once to Keras' own cache.

    Without a checksum of Keras' own, the first SHA-256 is recorded beside the file, and another
    file is refused later. Raises FileError, and DownloadError with the place for the file.
    """
    try:
        path = Path(get_file(name, url + name, cache_subdir="models", file_hash=md5))
    except DownloadError as error:
        raise DownloadError(
            error.message,
            hint=f"{error.hint}; or use EfficientNetLite0, whose weights are in the package",
        ) from error
    if md5 is None:
        _check_recorded(path)
    return path


def _check_recorded(path: Path) -> None:
    record = path.with_name(f"{path.name}.sha256")
    found = files.sha256(path)
    if not record.exists():
        files.write_text(record, f"{found}  {path.name}{os.linesep}")
        return
    recorded = files.read_bytes(record).decode("ascii", "replace").partition(" ")[0].strip()
    if recorded != found:
        raise FileError(
            f"{path} has changed since its first use: SHA-256 {recorded} recorded, {found} found",
            hint=f"delete {path} to download it again, and {record.name} to accept another file",
        )


__all__ = ["DATA", "LITE0", "BundledWeights", "keras_file"]
