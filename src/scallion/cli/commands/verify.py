"""`scallion verify`: check that a model file gives the outputs that were saved with it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Threads, configure, print_json

if TYPE_CHECKING:
    from scallion.models.files.verification import VerificationResult

DIFFERS = 1


@handle_errors
def verify(
    model: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, its model.keras, or an export.")
    ],
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Check that a model gives the same outputs as when saved.

    The file contains the outputs for a few synthetic images, made from a seed; the model predicts
    them again. Exits with 1 if the outputs differ by more than rounding. An exported file is run by
    its own software, such as onnxruntime; a change of its weights or class names is found, too.

    \b
    Examples:
      scallion verify runs/fashion-mnist-1
      scallion verify fashion-mnist-1.onnx --json
    """
    configure(threads, engine)
    file, found = _verify(model)
    if json:
        difference = None if found.difference == float("inf") else found.difference
        print_json(
            {
                "file": str(file),
                "same": found.is_verified,
                "identical": found.is_identical,
                "difference": difference,
            }
        )
    else:
        typer.echo(_format(file, found.difference, found.is_verified))
    if not found.is_verified:
        raise typer.Exit(DIFFERS)


def _verify(path: Path) -> "tuple[Path, VerificationResult]":
    """Return the file that was verified, and the result."""
    from scallion.export import is_export, verify_export  # slow to import

    if is_export(path):
        return path, verify_export(path)
    from scallion.models.files.model_reader import verify as verify_model  # slow to import
    from scallion.runs import RunFolder  # slow to import

    file = RunFolder.model_of(path)
    return file, verify_model(file)


def _format(file: Path, difference: float, is_verified: bool) -> str:
    if difference == 0:
        return f"{file}: the outputs are bit-identical to those when it was saved."
    if is_verified:
        return (
            f"{file}: the outputs are those when it was saved, up to rounding ({difference:.1g})."
        )
    return (
        f"{file}: the outputs differ from those when it was saved, by {difference:.1g} of the "
        "largest one."
    )
