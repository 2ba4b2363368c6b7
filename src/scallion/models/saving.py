"""`.keras` files: layers, weights and how the model was compiled, as Keras 3 reads and writes them.

A file holds no code and none is ever run: what is not known by name is refused by name.
"""

import io
import json
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import scallion
from scallion import files, losses, metrics, optimizers
from scallion.errors import (
    ArgumentError,
    FileError,
    MissingFileError,
    ScallionError,
    StateError,
    UnsupportedError,
)
from scallion.files import StrPath
from scallion.losses import Loss
from scallion.metrics import Metric
from scallion.models import metric_extensions, verification, weights_file
from scallion.models.config import from_config, to_config
from scallion.models.model import Model
from scallion.models.verification import VerificationResult

KERAS_VERSION = "3.15.1"  # whose format is written

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_OWN = "scallion.json"
_LARGEST_JSON = 64 * 2**20


def save_model(model: Model, filepath: StrPath, overwrite: bool = True) -> None:
    """Write the model to a `.keras` file that Keras 3 opens: whole, or not at all.

    Raises ArgumentError for another ending, FileError where the file cannot be written.
    """
    path = Path(filepath)
    if path.suffix != ".keras":
        raise ArgumentError(
            f"a model's file ends in .keras. Received: {str(filepath)!r}",
            hint=f'model.save("{path.with_suffix(".keras").name}")',
        )
    _check_overwrite(path, overwrite)
    config = {**to_config(model), "compile_config": _compile_to_config(model)}
    now = datetime.now().astimezone()
    members = {
        _METADATA: _json(
            {"keras_version": KERAS_VERSION, "date_saved": f"{now:%Y-%m-%d@%H:%M:%S}"}
        ),
        _CONFIG: _json(config),
        _WEIGHTS: weights_file.write(model),
        _OWN: _json(_own(model)),
    }
    with files.atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, now.timetuple()[:6]), content)


def _own(model: Model) -> dict[str, Any]:
    """What `scallion.json` holds: what Keras has no place for, and a proof."""
    own: dict[str, Any] = {"scallion_version": scallion.__version__, "seed": model.seed}
    if beyond := metric_extensions.written(model._compile_arguments):
        own["metrics"] = beyond
    if model.about is not None:
        own["about"] = model.about
        low, high = model.about["input"]["range"]
        own["proof"] = verification.prove(model, low, high)
    return own


def write_metadata(filepath: StrPath, model: Model) -> None:
    """Put the model's `about` into a file of it, and a new proof; all else in it stays.

    Raises MissingFileError, FileError; the file is then as it was.
    """
    path = Path(filepath)
    with _opened(path), files.file_errors(path, "read"), zipfile.ZipFile(path) as archive:
        members = [(entry, archive.read(entry)) for entry in archive.infolist()]
    with files.atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for entry, content in members:
            archive.writestr(entry, _json(_own(model)) if entry.filename == _OWN else content)


def verify(filepath: StrPath) -> VerificationResult:
    """Whether a model answers on this machine as where it was saved.

    Raises MissingFileError, FileError, and StateError for a file that carries no proof.
    """
    path = Path(filepath)
    model = load_model(path, compile=False)
    with _opened(path), files.file_errors(path, "read"), zipfile.ZipFile(path) as archive:
        own = _read_json(archive, _OWN, path) if _OWN in archive.namelist() else {}
    if not isinstance(own, Mapping) or not isinstance(own.get("proof"), Mapping):
        raise StateError(
            f"{path} carries no proof of its answers",
            hint="verify the model.keras of a run: scallion verify runs/mnist-1/model.keras",
        )
    try:
        return verification.check(model, own["proof"])
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(
            f"{path}: the proof in {_OWN} is damaged: {error}", hint="take the file from a copy"
        ) from error


def save_weights(model: Model, filepath: StrPath, overwrite: bool = True) -> None:
    """Write weights and optimizer state to a `.weights.h5` file.

    Raises ArgumentError for another ending, FileError where the file cannot be written.
    """
    path = Path(filepath)
    if not path.name.endswith(".weights.h5"):
        raise ArgumentError(
            f"a file of weights ends in .weights.h5. Received: {str(filepath)!r}",
            hint='model.save_weights("model.weights.h5")',
        )
    _check_overwrite(path, overwrite)
    files.write_bytes(path, weights_file.write(model))


def load_weights(model: Model, filepath: StrPath) -> None:
    """Overwrite a model's weights, and its optimizer's state where it is compiled.

    From a `.weights.h5` or a `.keras` file. Raises MissingFileError, FileError.
    """
    path = Path(filepath)
    with _opened(path), files.file_errors(path, "read"):
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                _read_weights(archive, model, path)
        else:
            with path.open("rb") as source:
                weights_file.read(model, source, path.stat().st_size)


def _check_overwrite(path: Path, overwrite: bool) -> None:
    if not overwrite and path.exists():
        raise FileError(f"{path} is already there", hint="overwrite=True, or another name")


def load_model(
    filepath: StrPath,
    custom_objects: Any = None,
    compile: bool = True,  # noqa: A002 (Keras' name)
    safe_mode: bool = True,  # noqa: ARG001 (nothing unsafe is ever read)
) -> Model:
    """The model in a `.keras` file of ours or of Keras 3, ready to predict or to train on.

    `compile=False` leaves out optimizer, loss and metrics. Raises MissingFileError, FileError for a
    damaged file, and UnsupportedError for layers, losses or optimizers that are not there.
    """
    if custom_objects:
        raise UnsupportedError(
            "classes of your own cannot be put into a model here. "
            f"Received: custom_objects={sorted(custom_objects)}",
            hint="rebuild the model from Scallion's layers",
        )
    path = Path(filepath)
    with _opened(path), files.file_errors(path, "read"), zipfile.ZipFile(path) as archive:
        return _read(archive, path, compile)


@contextmanager
def _opened(path: Path) -> Iterator[None]:
    """Errors about a file that is missing or no zip, in words."""
    if not path.exists():
        raise MissingFileError(f"{path} is not there", hint="check the name and the folder")
    try:
        yield
    except UnsupportedError:
        raise
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        older = path.suffix in (".h5", ".hdf5") and not path.name.endswith(".weights.h5")
        kind = "it is an HDF5 file of an older Keras" if older else "it is damaged"
        raise FileError(
            f"{path} is no .keras file, or {kind}: {error}",
            hint="save the model again with model.save('model.keras')",
        ) from error


def _read(archive: zipfile.ZipFile, path: Path, compiles: bool) -> Model:
    config = _read_json(archive, _CONFIG, path)
    model = from_config(config)
    compiled = config.get("compile_config")
    own = _read_json(archive, _OWN, path) if _OWN in archive.namelist() else None
    if compiles and compiled:
        arguments = _compile_from_config(compiled)
        if isinstance(own, Mapping):
            metric_extensions.give_back(arguments, own.get("metrics"))
        model.compile(**arguments)
    if own is not None:
        seed = own.get("seed") if isinstance(own, Mapping) else None
        if model.compiled and isinstance(seed, int) and 0 <= seed < 2**64:
            model.seed = seed
        if isinstance(own, Mapping) and isinstance(own.get("about"), dict):
            model.about = own["about"]
    if model.built:
        _read_weights(archive, model, path)
    return model


def _read_weights(archive: zipfile.ZipFile, model: Model, path: Path) -> None:
    member = _member(archive, _WEIGHTS, path)
    most = weights_file.largest(model)
    if member.file_size > most:
        raise FileError(
            f"{path}: {_WEIGHTS} has {member.file_size:,} bytes, and {model.name!r} needs "
            f"{most:,} at most",
            hint="save the model again with model.save(...)",
        )
    weights_file.read(model, io.BytesIO(archive.read(member)), member.file_size)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> zipfile.ZipInfo:
    if name not in archive.namelist():
        raise FileError(
            f"{path} holds no {name}, so it is no model", hint="save it with model.save(...)"
        )
    return archive.getinfo(name)


def _read_json(archive: zipfile.ZipFile, name: str, path: Path) -> Any:
    member = _member(archive, name, path)
    if member.file_size > _LARGEST_JSON:
        raise FileError(
            f"{path}: {name} has {member.file_size:,} bytes, too many to be a model's",
            hint="save the model again with model.save(...)",
        )
    try:
        return json.loads(archive.read(member))
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"{path}: {name} is no JSON: {error}", hint="save the model again with model.save(...)"
        ) from error


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _compile_to_config(model: Model) -> dict[str, Any]:
    arguments = model._compile_arguments
    try:
        written = {name: _written(value) for name, value in arguments.items()}
    except UnsupportedError as error:
        warnings.warn(
            f"{error.message}, so how the model was compiled is not saved; compile after loading",
            stacklevel=4,
        )
        return {}
    if written:
        written["jit_compile"] = False
    return written


def _written(value: Any) -> Any:
    """A loss, metric or optimizer as its config; names, numbers, lists and dicts as they are."""
    if isinstance(value, optimizers.Optimizer):
        return optimizers.serialize(value)
    if isinstance(value, list | tuple):
        return [_written(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _written(entry) for key, entry in value.items()}
    if isinstance(value, Loss | Metric):
        room = losses if isinstance(value, Loss) else metrics
        if getattr(room, type(value).__name__, None) is type(value):
            return _object(room.__name__.rpartition(".")[2], value)
    elif callable(value) and getattr(losses, getattr(value, "__name__", ""), None) is value:
        return value.__name__
    elif value is None or isinstance(value, str | int | float | bool):
        return value
    name = getattr(value, "__name__", type(value).__name__)
    raise UnsupportedError(f"{name!r} has no name in Keras", hint="use a loss or metric by name")


def _object(room: str, value: Any) -> dict[str, Any]:
    return {
        "module": f"keras.{room}",
        "class_name": type(value).__name__,
        "config": value.get_config(),
        "registered_name": None,
    }


def _compile_from_config(config: Mapping[str, Any]) -> dict[str, Any]:
    names = ("loss", "loss_weights", "metrics", "weighted_metrics")
    try:
        optimizer = optimizers.deserialize(config["optimizer"])
        return {"optimizer": optimizer, **{name: _made(config.get(name), name) for name in names}}
    except ScallionError:
        raise
    except (KeyError, TypeError, AttributeError) as error:
        raise FileError(
            f"how the model was compiled makes no sense: {type(error).__name__}: {error}",
            hint="load_model(path, compile=False), then compile",
        ) from error


def _made(value: Any, what: str) -> Any:
    if isinstance(value, list):
        return [_made(entry, what) for entry in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        inner = value.get("config", value) if value.get("class_name") == "dict" else value
        return {key: _made(entry, what) for key, entry in inner.items()}
    if value["class_name"] == "function":
        return value["config"]
    get = losses.get if what == "loss" else metrics.get
    return get({"class_name": value["class_name"], "config": value["config"]})


__all__ = ["load_model", "load_weights", "save_model", "save_weights", "verify", "write_metadata"]
