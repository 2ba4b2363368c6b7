"""Load weights from a `.weights.h5`, `.keras` or legacy `.h5` file into a model."""

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from scallion.errors import FileError
from scallion.files import StrPath
from scallion.models.files import weights_file
from scallion.models.files.legacy_hdf5 import reading
from scallion.models.files.model_file import SAVE_AGAIN, WEIGHTS, explain_errors, member_info

if TYPE_CHECKING:
    from scallion.models.model import Model


def load_weights(model: "Model", filepath: StrPath) -> None:
    """Load weights from a `.weights.h5`, `.keras` or legacy `.h5` file.

    The optimizer's state is loaded, too, if the model is compiled and the file has one.

    Raises MissingFileError, FileError, and FileVersionError for a file of another version.
    """
    path = Path(filepath)
    with explain_errors(path):
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                read_weights(archive, model, path)
        elif _is_legacy(path):
            with reading.open_file(path) as file:
                reading.read_weights(file, model, path)
        else:
            with path.open("rb") as source:
                weights_file.read(model, source, path.stat().st_size)


def _is_legacy(path: Path) -> bool:
    if not reading.is_hdf5(path):
        return False
    with reading.open_file(path) as file:
        return reading.has_legacy_weights(file)


def read_weights(archive: zipfile.ZipFile, model: "Model", path: Path) -> None:
    """Load the weights of an open `.keras` file. Raises FileError."""
    member = member_info(archive, WEIGHTS, path)
    limit = weights_file.max_bytes(model)
    if member.file_size > limit:
        raise FileError(
            f"{path}: {WEIGHTS} has {member.file_size:,} bytes, and {model.name!r} needs "
            f"{limit:,} at most",
            hint=SAVE_AGAIN,
        )
    weights_file.read(model, io.BytesIO(archive.read(member)), member.file_size)
