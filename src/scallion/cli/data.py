"""`scallion data`: the named sets, and a look at pictures of your own before training on them."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import (
    Augment,
    Debug,
    ImageFit,
    ImageGroup,
    ImageSize,
    Json,
    ModelName,
    Threads,
    print_json,
)
from scallion.cli.wrapping import wrap_text

FOUND = 1  # the exit code of a check that has warnings or errors

data = typer.Typer(
    help="The named sets, and a look at pictures of your own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[
    str, typer.Argument(metavar="FOLDER", help="A folder of pictures, a table, or arrays.")
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        show_default=False,
        help="Where the contact sheet is written (PNG).",
    ),
]


@data.command("list")
@handle_errors
def list_sets(
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (the guard reads it)
) -> None:
    """List the named sets: what is in them, their licence, and where they come from."""
    from scallion import datasets

    sets = [datasets.find(name) for name in datasets.names()]
    if json:
        print_json([_facts(known) for known in sets])
        return
    for known in sets:
        typer.echo(f"{known.name:<14} {known.title}")
        where = "in the package" if known.bundled else "downloaded once, checked by SHA-256"
        train, test = known.counts
        for line in (
            f"{train:,} training and {test:,} test images, {len(known.class_names)} classes",
            f"licence: {known.licence}; {known.size / 1e6:.0f} MB, {where}",
            known.source,
        ):
            typer.echo(f"{'':<14} {line}")


@data.command()
@handle_errors
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `scallion data list` names it.")],
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (the guard reads it)
) -> None:
    """Fetch a named set, so that later commands need no network, and say what is in it."""
    from scallion import datasets

    known = datasets.find(name)
    known.load()
    if json:
        print_json(_facts(known))
        return
    typer.echo(wrap_text(_set_in_words(known), sys.stdout, 9))


@data.command()
@handle_errors
def show(
    folder: Folder,
    size: ImageSize = None,
    fit: ImageFit = None,
    group: ImageGroup = None,
    augment: Augment = "own",
    model: ModelName = "quick",
    out: Sheet = None,
    threads: Threads = None,
    debug: Debug = False,  # noqa: ARG001 (the guard reads it)
) -> None:
    """Write a contact sheet: each class's files, what the network sees, and augmented views.

    The views are changed as `scallion train` with the same --augment and --model changes them.

    \b
    Examples:
      scallion data show FOLDER
      scallion data show FOLDER --size 48 --fit pad --augment strong --out sheet.png
    """
    from scallion import images, runs

    found = _load(folder, size, fit, group, threads)
    changes = runs.augmentation_layers(augment, model, found.image_shape, found.class_names)
    place = _save(images.contact_sheet(found, changes), out or Path(f"{found.name}-sheet.png"))
    typer.echo(f"The contact sheet lies in {place}.")


@data.command()
@handle_errors
def check(
    folder: Folder,
    size: ImageSize = None,
    fit: ImageFit = None,
    group: ImageGroup = None,
    out: Sheet = None,
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (the guard reads it)
) -> None:
    """Look for what would make a result worthless: damaged files, copies across splits, shortcuts.

    The pictures are never touched. Ends with exit code 0 where there is nothing to worry about, 1
    where there are warnings or errors, 2 where the pictures cannot be used at all. With --out, a
    contact sheet of the suspicious pictures is written.

    \b
    Examples:
      scallion data check FOLDER
      scallion data check FOLDER --out suspicious.png
      scallion data check FOLDER --json
    """
    from scallion import images

    found = _load(folder, size, fit, group, threads)
    findings = images.check(found)
    sheet = images.findings_sheet(found, findings) if out is not None else None
    place = None if sheet is None or out is None else _save(sheet, out)
    if json:
        print_json(
            {
                "images": {
                    name: len(part)
                    for name, part in zip(
                        ("train", "validation", "test"), found.splits, strict=True
                    )
                },
                "class_names": found.class_names,
                "resize_rule": None if found.resize_rule is None else found.resize_rule.as_dict(),
                "split_sha256": found.split_summary.sha256,
                "findings": [finding.as_dict() for finding in findings],
                "sheet": place,
            }
        )
    else:
        typer.echo(wrap_text(_checked_in_words(found, findings), sys.stdout, 9))
        if place is not None:
            typer.echo(f"The suspicious pictures are in {place}.")
    if any(finding.severity != "info" for finding in findings):
        raise typer.Exit(FOUND)


def _load(
    folder: str, size: str | None, fit: str | None, group: str | None, threads: int | None
) -> Any:
    from scallion import images, session
    from scallion.cli.progress_display import progress

    session.set_threads(threads)
    with progress(f"reading {folder}") as on_images:
        return images.load(folder, size=size, fit=fit, group=group, progress=on_images)


def _checked_in_words(found: Any, findings: list[Any]) -> str:
    train, validation, test = (len(part) for part in found.splits)
    counts = f"{train:,} training, {validation:,} validation and {test:,} test images"
    lines = [f"{counts} in {len(found.class_names):,} classes."]
    if found.resize_rule is not None:
        lines.append(f"Images are resized to {found.resize_rule.describe()}.")
    for finding in findings:
        lines.append(f"{finding.severity + ':':<8} {finding.sentence}")
        if finding.advice:
            lines.append(f"{'':<8} {finding.advice}")
    if not findings:
        lines.append("Nothing suspicious was found.")
    return "\n".join(lines)


def _save(sheet: Any, place: Path) -> Path:
    """The picture as a PNG, whole or not there."""
    from scallion import files

    with files.atomic_write(place) as file:
        sheet.save(file, "PNG", optimize=True)
    return place


def _facts(known: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(known)


def _set_in_words(known: Any) -> str:
    from scallion import files
    from scallion.datasets import bundled

    train, test = known.counts
    shape = "x".join(map(str, known.image_shape))
    place = bundled.DATA / known.name if known.bundled else files.cache_dir() / "datasets"
    return "\n".join(
        (
            f"set      {known.name}: {known.title}",
            f"images   {train:,} for training, {test:,} for testing, of {shape}",
            f"classes  {', '.join(known.class_names)}",
            f"licence  {known.licence}",
            f"source   {known.source}",
            f"place    {place}, {known.size / 1e6:.0f} MB",
            f"next     scallion train {known.name}",
        )
    )
