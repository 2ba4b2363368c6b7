"""Write `.keras`, `.weights.h5` and legacy `.h5` files that Keras 3 opens.

A `.keras` file is a zip of `config.json`, `metadata.json`, `model.weights.h5` and `scallion.json`.
"""

import json
import warnings
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
from scallion.models.files.legacy_hdf5.writing import write as write_legacy
from scallion.models.files.model_file import CONFIG, METADATA, SCALLION, WEIGHTS, open_archive
from scallion.models.training.finite_checks import require_finite_weights

if TYPE_CHECKING:
    from scallion.models.model import Model

KERAS_VERSION = "3.15.1"
"""The version of Keras whose format is written."""


_LEGACY_SUFFIXES = (".h5", ".hdf5")


def save_model(
    model: "Model",
    filepath: StrPath,
    overwrite: bool = True,
    *,
    include_optimizer: bool = True,
    save_format: str | None = None,
) -> None:
    """Write the model atomically to a `.keras` file, or to a legacy `.h5` file, after a warning.

    Keras 3 opens both. `include_optimizer=False` leaves the arguments of compile out of a legacy
    file. `save_format` changes nothing, as in Keras 3: the suffix decides. Raises ArgumentError for
    another suffix, StateError for weights that are NaN or infinite, FileError if the file exists
    and `overwrite` is False, or if it cannot be written.
    """
    path = Path(filepath)
    if path.suffix not in (".keras", *_LEGACY_SUFFIXES):
        raise ArgumentError(
            "the name of a model file ends in .keras, or in .h5 for the legacy format. "
            f"Received: {str(filepath)!r}",
            hint=f'model.save("{path.with_suffix(".keras").name}")',
        )
    if save_format is not None:
        warnings.warn(
            "`save_format` has no effect, as in Keras 3: the suffix of the name decides. "
            f"Received: save_format={save_format!r}",
            stacklevel=3,
        )
    _check_overwrite(path, overwrite)
    require_finite_weights(model, "cannot be saved")
    if path.suffix in _LEGACY_SUFFIXES:
        _save_legacy(model, path, include_optimizer)
    else:
        _save_archive(model, path)


def _save_legacy(model: "Model", path: Path, include_optimizer: bool) -> None:
    warnings.warn(
        "the HDF5 format of models is legacy, as Keras says. Prefer model.save('model.keras')",
        stacklevel=4,
    )
    own = json.dumps(_scallion_json(model))
    files.write_bytes(path, write_legacy(model, own, KERAS_VERSION, include_optimizer))


def _save_archive(model: "Model", path: Path) -> None:
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
    """Return the content beyond Keras' format: metadata, outputs to verify, seed and versions."""
    content: dict[str, Any] = {
        "format_version": file_versions.MODEL,
        "scallion_version": scallion.__version__,
        "seed": model.seed,
    }
    if extensions := metric_extensions.get_extensions(model._compile_arguments):
        content["metrics"] = extensions
    if model.metadata is not None:
        low, high = model.metadata["input"]["range"]
        content["metadata"] = model.metadata
        content["verification"] = verification.record_outputs(model, low, high)
    return content


def update_metadata(filepath: StrPath, model: "Model") -> None:
    """Replace the metadata and the outputs to verify in a model's file; keep everything else.

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

    Raises ArgumentError for another suffix, StateError and FileError as `save_model` does.
    """
    path = Path(filepath)
    if not path.name.endswith(".weights.h5"):
        raise ArgumentError(
            f"the name of a weights file ends in .weights.h5. Received: {str(filepath)!r}",
            hint='model.save_weights("model.weights.h5")',
        )
    _check_overwrite(path, overwrite)
    require_finite_weights(model, "cannot be saved")
    files.write_bytes(path, weights_file.write(model))


def _check_overwrite(path: Path, overwrite: bool) -> None:
    if not overwrite and path.exists():
        raise FileError(f"{path} already exists", hint="overwrite=True, or another name")


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


__all__ = ["save_model", "save_weights", "update_metadata"]
