"""Read `.keras` and legacy `.h5` files of Scallion and Keras 3.

A file contains no code, and reading it runs none: unknown layers, losses and optimizers are refused
by name.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scallion import file_versions
from scallion.custom_objects import custom_object_scope
from scallion.errors import FileError, StateError
from scallion.files import StrPath
from scallion.models.files import metric_extensions, verification
from scallion.models.files.compile_serialization import compile_from_config
from scallion.models.files.config_reader import from_config
from scallion.models.files.legacy_hdf5 import reading, weights_reading
from scallion.models.files.legacy_hdf5.config import compile_from_legacy, from_legacy
from scallion.models.files.legacy_hdf5.reading import SCALLION_ATTRIBUTE, is_hdf5
from scallion.models.files.metadata_checks import check_metadata
from scallion.models.files.model_file import CONFIG, SAVE_AGAIN, SCALLION, open_archive, read_json
from scallion.models.files.verification import VerificationResult
from scallion.models.files.weights_loading import read_weights
from scallion.models.model import Model
from scallion.pixel_ranges import PixelRange


def load_model(
    filepath: StrPath,
    custom_objects: Any = None,
    compile: bool = True,  # noqa: A002 (Keras' name)
    safe_mode: bool = True,  # noqa: ARG001 (reading is always safe)
) -> Model:
    """Return the model in a `.keras` or legacy `.h5` file, ready to predict or to train on.

    `custom_objects` has custom losses, metrics and functions by name; custom layers are saved
    as the layers that they consist of and need none. `compile=False` skips optimizer, loss and
    metrics. Raises MissingFileError, FileError for a damaged file, FileVersionError for a file of
    another version, and UnsupportedError for layers, losses or optimizers that are missing here.
    """
    path = Path(filepath)
    with custom_object_scope(custom_objects):
        if is_hdf5(path):
            return _read_legacy(path, compile)
        with open_archive(path) as archive:
            return _read(archive, path, compile)


def verify(filepath: StrPath) -> VerificationResult:
    """Compare the model's outputs on this machine with those stored where it was saved.

    Raises MissingFileError, FileError, and StateError for a file without stored outputs.
    """
    path = Path(filepath)
    model = load_model(path, compile=False)
    recorded = _read_scallion_json(path).get("verification")
    if not isinstance(recorded, Mapping):
        raise StateError(
            f"{path} contains no outputs to verify",
            hint="verify the model.keras of a run: scallion verify runs/mnist-1/model.keras",
        )
    try:
        return verification.compare_outputs(model, recorded)
    except (KeyError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise FileError(
            f"{path}: `verification` in {SCALLION} is damaged: {error}",
            hint="take the file from a copy",
        ) from error


def _read(archive: zipfile.ZipFile, path: Path, compiles: bool) -> Model:
    content = _check_scallion_json(_archived_json(archive, path), path)
    config = read_json(archive, CONFIG, path)
    model = from_config(config)
    _configure(model, content, config.get("compile_config") if compiles else None, path)
    if model.built:
        read_weights(archive, model, path)
    return model


def _read_legacy(path: Path, compiles: bool) -> Model:
    with reading.open_file(path) as file:
        content = _check_scallion_json(reading.read_json(file, SCALLION_ATTRIBUTE, path), path)
        model = from_config(from_legacy(reading.read_config(file, path)))
        training = reading.read_json(file, "training_config", path) if compiles else None
        _configure(model, content, compile_from_legacy(training) if training else None, path)
        if model.built:
            weights_reading.read_weights(file, model, path)
            weights_reading.read_optimizer(file, model)
    return model


def _configure(model: Model, content: Mapping[str, Any], compile_config: Any, path: Path) -> None:
    """Compile the model, and set its seed and metadata, from the content of its file."""
    if compile_config:
        arguments = compile_from_config(compile_config)
        metric_extensions.set_extensions(arguments, content.get("metrics"))
        model.compile(**arguments)
    seed = content.get("seed")
    if model.compiled and isinstance(seed, int) and 0 <= seed < 2**64:
        model.seed = seed
    metadata = content.get("metadata")
    if isinstance(metadata, dict):
        check_metadata(metadata, model, path)
        model.metadata = metadata
        model._mistakes.trained_range = PixelRange.from_metadata(model.metadata)


def _read_scallion_json(path: Path) -> Mapping[str, Any]:
    """Return what Scallion adds to a model's file; it is empty for files of Keras."""
    if is_hdf5(path):
        with reading.open_file(path) as file:
            return _check_scallion_json(reading.read_json(file, SCALLION_ATTRIBUTE, path), path)
    with open_archive(path) as archive:
        return _check_scallion_json(_archived_json(archive, path), path)


def _archived_json(archive: zipfile.ZipFile, path: Path) -> Any:
    return read_json(archive, SCALLION, path) if SCALLION in archive.namelist() else None


def _check_scallion_json(content: Any, path: Path) -> Mapping[str, Any]:
    """Return the content, empty for None. Raises FileError, FileVersionError."""
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise FileError(f"{path}: {SCALLION} is not a JSON object", hint=SAVE_AGAIN)
    file_versions.require_version(
        content.get("format_version"),
        file_versions.MODEL,
        f"{path}: {SCALLION}",
        hint="open it with the version of Scallion that saved it: "
        f"{content.get('scallion_version', 'unknown')}",
    )
    return content


__all__ = ["load_model", "verify"]
