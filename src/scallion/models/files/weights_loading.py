"""Load weights from a `.weights.h5`, `.keras` or legacy `.h5` file into a model."""

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from scallion.errors import ArgumentError, FileError
from scallion.files import StrPath
from scallion.models.files import weights_file
from scallion.models.files.legacy_hdf5 import reading, weights_reading
from scallion.models.files.model_file import SAVE_AGAIN, WEIGHTS, explain_errors, member_info

if TYPE_CHECKING:
    from scallion.models.model import Model


def load_weights(
    model: "Model", filepath: StrPath, skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Load weights from a `.weights.h5`, `.keras` or legacy `.h5` file.

    The optimizer's state is loaded, too, if the model is compiled and the file has one.
    `skip_mismatch=True` skips layers whose weights do not fit, with one warning. `by_name=True`
    loads the layers of the same name in a legacy file, as Keras does.

    Raises MissingFileError, FileError, and FileVersionError for a file of another version;
    ArgumentError for `by_name` with another format.
    """
    path = Path(filepath)
    with explain_errors(path):
        is_legacy = path.suffix != ".keras" and _is_legacy(path)
        if by_name and not is_legacy:
            raise ArgumentError(
                f"`by_name` needs a legacy .h5 file. Received: {path}",
                hint=f"model.load_weights({str(path)!r}, skip_mismatch=True)",
                field="by_name",
                value=by_name,
            )
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                read_weights(archive, model, path, skip_mismatch)
        elif is_legacy:
            with reading.open_file(path) as file:
                weights_reading.read_weights(file, model, path, skip_mismatch, by_name)
        else:
            with path.open("rb") as source:
                weights_file.read(model, source, path.stat().st_size, str(path), skip_mismatch)


def _is_legacy(path: Path) -> bool:
    if not reading.is_hdf5(path):
        return False
    with reading.open_file(path) as file:
        return reading.has_legacy_weights(file)


def read_weights(
    archive: zipfile.ZipFile, model: "Model", path: Path, skip_mismatch: bool = False
) -> None:
    """Load the weights of an open `.keras` file. Raises FileError."""
    member = member_info(archive, WEIGHTS, path)
    limit = weights_file.max_bytes(model)
    if member.file_size > limit and not skip_mismatch:
        raise FileError(
            f"{path}: {WEIGHTS} has {member.file_size:,} bytes, and {model.name!r} needs "
            f"{limit:,} at most",
            hint=SAVE_AGAIN,
        )
    content = io.BytesIO(archive.read(member))
    weights_file.read(model, content, member.file_size, f"{path}: {WEIGHTS}", skip_mismatch)
