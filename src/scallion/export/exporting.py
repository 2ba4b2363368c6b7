"""Export models: every format is verified before anything is written."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from scallion import files
from scallion.errors import (
    ArgumentError,
    ExportError,
    FileError,
    MissingFileError,
    ScallionError,
    UnknownNameError,
)
from scallion.export import folders
from scallion.export.html import html_file
from scallion.export.html.html_file import HtmlDraft, HtmlOptions
from scallion.export.keras import keras_file
from scallion.export.keras.keras_file import KerasDraft, KerasOptions
from scallion.export.onnx import onnx_file
from scallion.export.onnx.onnx_file import OnnxDraft, OnnxOptions
from scallion.export.torch import torch_folder
from scallion.export.torch.torch_folder import TorchDraft, TorchOptions
from scallion.export.verification import NOT_VERIFIED, Arrays, Verification
from scallion.files import StrPath
from scallion.installation import package_command, python_command
from scallion.models import Model, load_model
from scallion.models.files import model_reader
from scallion.models.files.verification import VerificationResult
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.inspection.saved_run import open_run


class Draft(Protocol):
    """An export before it is written. `note` says what its options cost."""

    verification: Verification
    note: str

    def encode(self, verified_with: str | None) -> bytes | dict[str, bytes]:
        """Return the content of the file, or of a folder's files; it says how it was verified."""
        ...

    def outputs(self) -> Arrays:
        """Return the outputs of the format's own runtime for the check images."""
        ...


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format: the ending of its files, its options, and how a model is drafted and verified.

    `runtime` returns the name and version of what runs the files, None where it is not installed.
    `is_export` tells files of this format from others.
    """

    suffix: str
    options: type[Any]
    draft: Callable[[Model, Any], Draft]
    runtime: Callable[[], str | None]
    is_export: Callable[[StrPath], bool]
    verify: Callable[[Path], VerificationResult]
    how_to_verify: str


FORMATS: dict[str, ExportFormat] = {
    "onnx": ExportFormat(
        ".onnx",
        OnnxOptions,
        OnnxDraft,
        onnx_file.runtime,
        onnx_file.is_onnx,
        onnx_file.verify,
        onnx_file.HOW,
    ),
    "keras": ExportFormat(
        ".keras",
        KerasOptions,
        KerasDraft,
        keras_file.runtime,
        keras_file.is_keras_export,
        keras_file.verify,
        keras_file.HOW,
    ),
    "html": ExportFormat(
        ".html",
        HtmlOptions,
        HtmlDraft,
        html_file.runtime,
        html_file.is_page,
        html_file.verify,
        html_file.HOW,
    ),
    "torch": ExportFormat(
        "",
        TorchOptions,
        TorchDraft,
        torch_folder.runtime,
        torch_folder.is_torch_export,
        torch_folder.verify,
        torch_folder.HOW,
    ),
}
"""Every format by its name in `scallion export --format`."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A finished export. `verified` names the runtime that gave the model's outputs, or is None.

    `difference` is that of its outputs, relative to the largest. `note` says what rounded weights
    cost.
    """

    path: Path
    format: str
    size: int
    verified: str | None
    difference: float | None
    how_to_verify: str
    note: str = ""

    def describe(self) -> str:
        """Return the result in one sentence."""
        if self.verified is None:
            return f"{NOT_VERIFIED}; {self.how_to_verify}"
        return (
            f"verified with {self.verified}: its outputs for the check images are those of the "
            f"model, within {self.difference:.1g} of the largest"
        )


def export_model(
    model: Model,
    filepath: StrPath,
    format: str = "onnx",  # noqa: A002 (Keras' name)
    **options: Any,
) -> ExportResult:
    """Write a model for other software, after its outputs were verified.

    The file has the class names and preprocessing of a model that a run has written, and the
    outputs for a few check images. Where the format's runtime is installed, it must give the same
    outputs; if it does not, nothing is written.

    Raises ArgumentError for an unknown format, option or file ending, UnsupportedError for a layer
    that the format lacks, ExportError for other outputs, FileError.
    """
    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    kind = FORMATS[format]
    path = Path(filepath)
    if kind.suffix and path.suffix != kind.suffix:
        raise ArgumentError(
            f"the name of this export ends in {kind.suffix}. Received: {str(filepath)!r}",
            hint=str(path.with_suffix(kind.suffix)),
            field="filepath",
            value=str(filepath),
        )
    known = [field.name for field in fields(kind.options)]
    for name in options:
        if name not in known:
            raise UnknownNameError(f"option of {format}", name, known)
    draft = kind.draft(model, kind.options(**options))
    verified, difference = _prove(kind, draft)
    content = draft.encode(verified)
    if isinstance(content, bytes):
        files.write_bytes(path, content)
    else:
        folders.write_folder(path, content, replaces=kind.is_export)
    size = len(content) if isinstance(content, bytes) else sum(map(len, content.values()))
    how = _how_to_verify(kind, path)
    return ExportResult(path, format, size, verified, difference, how, draft.note)


def _how_to_verify(kind: ExportFormat, path: Path) -> str:
    """Return how to verify an export here: the format's advice, to be typed as it is."""
    place = shlex.quote(str(path))
    return (
        kind.how_to_verify.replace("pip install", package_command())
        .replace("python FOLDER", f"{python_command()} {place}")
        .replace(f"FILE{kind.suffix}", place)
    )


def export_run(
    run: StrPath,
    filepath: StrPath | None = None,
    format: str = "onnx",  # noqa: A002 (Keras' name)
    **options: Any,
) -> ExportResult:
    """Write the model of a run folder, or of a `.keras` file, for other software.

    Without a path, the export is written into the current folder, with the run's name. Raises
    what `export_model` raises, MissingFileError, and ExportError if the model does not give the
    outputs that were stored with it.
    """
    place = Path(run)
    name = place.resolve().name if place.is_dir() else place.stem
    model_file = RunFolder.model_of(place)
    model = load_model(model_file, compile=False)
    if model.metadata is not None and not model_reader.verify(model_file).is_verified:
        raise ExportError(
            f"{model_file} does not give the outputs that were stored with it",
            hint=f"scallion verify {model_file} says by how much",
        )
    if options.get("precision") == "float16" and "validation_data" not in options:
        options["validation_data"] = _validation_data(place)
    suffix = (FORMATS[format].suffix or f"-{format}") if format in FORMATS else ""
    return export_model(model, filepath or f"{name}{suffix}", format, **options)


def is_export(path: StrPath) -> bool:
    """Return whether a path is an exported file, not the model file of a run."""
    return any(kind.is_export(path) for kind in FORMATS.values())


def verify_export(path: StrPath) -> VerificationResult:
    """Compare the outputs of an exported file with those of the model.

    Raises MissingFileError, StateError without the format's runtime, and FileError for a file that
    was changed since.
    """
    for kind in FORMATS.values():
        if kind.is_export(path):
            try:
                return kind.verify(Path(path))
            except MissingFileError:
                raise
            except FileError as error:
                raise FileError(f"{path}: {error.message}", hint=error.hint) from error
    raise ArgumentError(f"{path} is not an export", hint="scallion export RUN makes one")


def _validation_data(run: Path) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return the validation images and labels of a run, None where they are not here any more."""
    try:
        images = open_run(run).validation
    except ScallionError:
        return None
    return images.x, images.y


def _prove(kind: ExportFormat, draft: Draft) -> tuple[str | None, float | None]:
    """Return the runtime that gives the model's outputs and the difference, or None without it."""
    runtime = kind.runtime()
    if runtime is None:
        return None, None
    found = draft.verification.compare(draft.outputs())
    if not found.is_verified:
        raise ExportError(
            f"{runtime} gives other outputs for the check images than the model, by "
            f"{found.difference:.1g} of the largest output; nothing was written",
            hint="another format: " + ", ".join(FORMATS),
        )
    return runtime, found.difference
