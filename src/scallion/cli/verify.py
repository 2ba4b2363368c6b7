"""`scallion verify`: does a model answer here as it did where it was saved?"""

from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Threads, print_json

DIFFERS = 1


@handle_errors
def verify(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .keras file that a run has written.")
    ],
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Say whether a model gives the same answers here as where it was saved.

    Its file holds what it answered to a few made-up images; they are made again and asked again.
    Exits with 1 where the answers differ by more than rounding.

    \b
    Examples:
      scallion verify runs/fashion-mnist-1/model.keras
      scallion verify model.keras --json
    """
    from scallion import session
    from scallion.models.loading import verify as verify_model

    session.set_threads(threads)
    verdict = verify_model(file)
    if json:
        difference = None if verdict.difference == float("inf") else verdict.difference
        print_json(
            {
                "file": str(file),
                "same": verdict.is_verified,
                "identical": verdict.is_identical,
                "difference": difference,
            }
        )
    else:
        typer.echo(_in_words(file, verdict.difference, verdict.is_verified))
    if not verdict.is_verified:
        raise typer.Exit(DIFFERS)


def _in_words(file: Path, difference: float, holds: bool) -> str:
    if difference == 0:
        return f"{file}: the same answers as where it was saved, to the last bit."
    if holds:
        return (
            f"{file}: the same answers as where it was saved, but for rounding ({difference:.1g})."
        )
    return f"{file}: other answers than where it was saved, by {difference:.1g} of the largest."
