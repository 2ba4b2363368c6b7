"""Write `.keras` and `.weights.h5` files that Keras 3 opens.

A `.keras` file is a zip of `config.json`, `metadata.json`, `model.weights.h5` and `scallion.json`.
"""

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scallion
from scallion import file_versions, files
from scallion.errors import ArgumentError, FileError
from scallion.files import StrPath
from scallion.models.files import metric_extensions, verification, weights_file
from scallion.models.files.compile_serialization import compile_to_config
from scallion.models.files.config_writer import to_config
from scallion.models.files.model_file import CONFIG, METADATA, SCALLION, WEIGHTS, open_archive

if TYPE_CHECKING:
    from scallion.models.model import Model

KERAS_VERSION = "3.15.1"
"""The version of Keras whose format is written."""


def save_model(model: "Model", filepath: StrPath, overwrite: bool = True) -> None:
    """Write the model atomically to a `.keras` file that Keras 3 opens.

    Raises ArgumentError for another suffix, FileError if the file exists and `overwrite` is False,
    or if it cannot be written.
    """
    path = Path(filepath)
    if path.suffix != ".keras":
        raise ArgumentError(
            f"the name of a model file ends in .keras. Received: {str(filepath)!r}",
            hint=f'model.save("{path.with_suffix(".keras").name}")',
        )
    _check_overwrite(path, overwrite)
    config = {**to_config(model), "compile_config": compile_to_config(model._compile_arguments)}
    now = datetime.now().astimezone()
    members = {
        METADATA: _json({"keras_version": KERAS_VERSION, "date_saved": f"{now:%Y-%m-%d@%H:%M:%S}"}),
        CONFIG: _json(config),
        WEIGHTS: weights_file.write(model),
        SCALLION: _json(_scallion_json(model)),
    }
    with files.atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, now.timetuple()[:6]), content)


def _scallion_json(model: "Model") -> dict[str, Any]:
    """Return the content beyond Keras' format: model card, outputs to verify, seed and versions."""
    content: dict[str, Any] = {
        "format_version": file_versions.MODEL,
        "scallion_version": scallion.__version__,
        "seed": model.seed,
    }
    if extensions := metric_extensions.get_extensions(model._compile_arguments):
        content["metrics"] = extensions
    if model.model_card is not None:
        low, high = model.model_card["input"]["range"]
        content["model_card"] = model.model_card
        content["verification"] = verification.record_outputs(model, low, high)
    return content


def update_model_card(filepath: StrPath, model: "Model") -> None:
    """Replace the model card and the outputs to verify in a model's file; keep everything else.

    Raises MissingFileError, FileError; the file is then unchanged.
    """
    path = Path(filepath)
    with open_archive(path) as archive:
        members = [(entry, archive.read(entry)) for entry in archive.infolist()]
    with files.atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for entry, content in members:
            is_replaced = entry.filename == SCALLION
            archive.writestr(entry, _json(_scallion_json(model)) if is_replaced else content)


def save_weights(model: "Model", filepath: StrPath, overwrite: bool = True) -> None:
    """Write weights and optimizer state atomically to a `.weights.h5` file.

    Raises ArgumentError for another suffix, FileError as `save_model` does.
    """
    path = Path(filepath)
    if not path.name.endswith(".weights.h5"):
        raise ArgumentError(
            f"the name of a weights file ends in .weights.h5. Received: {str(filepath)!r}",
            hint='model.save_weights("model.weights.h5")',
        )
    _check_overwrite(path, overwrite)
    files.write_bytes(path, weights_file.write(model))


def _check_overwrite(path: Path, overwrite: bool) -> None:
    if not overwrite and path.exists():
        raise FileError(f"{path} already exists", hint="overwrite=True, or another name")


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


__all__ = ["save_model", "save_weights", "update_model_card"]
